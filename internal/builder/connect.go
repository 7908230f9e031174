package builder

import (
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
)

// A connector adds the layers of a plan to a graph and connects each to its inputs.
type connector struct {
	plan    *Plan
	first   int // layers before it are omitted
	images  *G.Node
	outputs []*G.Node
	readers []int
}

// connect returns a connector for the layers from first on. Images is the images or, if first
// is not 0, the output of the layer before it.
func (p *Plan) connect(first int, images *G.Node) *connector {
	readers, ofImages := p.Readers()
	if first > 0 {
		ofImages = readers[first-1]
	}
	return &connector{p, first, forked(images, ofImages), make([]*G.Node, len(p.Layers)), readers}
}

// forked returns x with a fork if several layers read it, so that no op is fused with it.
func forked(x *G.Node, readers int) *G.Node {
	if readers > 1 {
		return ops.Fork(x)
	}
	return x
}

// pass returns the input of layer i as its output.
func (c *connector) pass(i int) *G.Node {
	c.outputs[i] = forked(c.outputs[c.plan.Layers[i].Inputs[0]], c.readers[i])
	return c.outputs[i]
}

// build adds layer i, whose weights are given as nodes, and returns its output.
func (c *connector) build(i int, g *layer.Graph, weights []*G.Node) *G.Node {
	l := &c.plan.Layers[i]
	x := make([]*G.Node, len(l.Inputs))
	for k, in := range l.Inputs {
		if in == spec.Images || in < c.first {
			x[k] = c.images
		} else {
			x[k] = c.outputs[in]
		}
	}
	if m, ok := layer.As[layer.Merger](l.Layer); ok {
		c.outputs[i] = m.Merge(g, x)
	} else {
		c.outputs[i] = l.Build(g, x[0], weights)
	}
	c.outputs[i] = forked(c.outputs[i], c.readers[i])
	return c.outputs[i]
}
