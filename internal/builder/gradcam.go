package builder

import (
	"errors"
	"fmt"
	"strings"

	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Heat shows where in an image a model finds evidence for a class.
type Heat struct {
	Layer  string // whose output was used
	H, W   int
	Values []float32 // [H,W] from 0, no evidence for the class, to 1, the strongest
}

// GradCAM returns where in an image [H,W,C], with values from 0 to 255, m finds evidence for a
// class (Selvaraju et al. 2017, Grad-CAM, equations 1 and 2): ReLU(Σ_k α_k·A_k), divided by its
// largest value. A_k are the maps [h,w] that a layer outputs, and α_k is the mean over the map
// of the gradient of the class's score, before softmax, with respect to A_k. An empty label
// selects the last convolution, with the normalization and the activation after it.
func (m *Model) GradCAM(image []float32, class int, label string) (*Heat, error) {
	at, err := m.plan.maps(label)
	if err != nil {
		return nil, err
	}
	if class < 0 || class >= m.Classes() {
		return nil, fmt.Errorf("class %d of a model for %d classes", class, m.Classes())
	}
	eg := G.NewGraph()
	input := func(name string, value *tensor.Dense) *G.Node {
		return G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName(name), G.WithValue(value))
	}
	images, target := ops.NewTensor(append([]int{1}, m.plan.Input...)...), ops.NewTensor(1, m.plan.Outputs())
	copy(images.Float32s(), image)
	switch {
	case !m.plan.oneForTwo():
		target.Float32s()[class] = 1
	case class == 0: // evidence for it is evidence against the other
		target.Float32s()[0] = -1
	default:
		target.Float32s()[0] = 1
	}
	nodes := make([][]*G.Node, len(m.plan.Layers))
	for _, w := range m.weights {
		nodes[w.layer] = append(nodes[w.layer], input(w.name, w.value))
	}
	c := m.plan.connect(0, input("images", images))
	c.readers[at]++ // so that no op is fused with it: the score is a function of its output
	for i, l := range m.plan.Layers {
		c.build(i, m.layerGraph(l, false, &m.at), nodes[i])
	}
	x, maps := c.outputs[len(m.plan.Layers)-1], c.outputs[at]
	// G.Grad differentiates with respect to inputs only.
	score, one := ops.Score(x, input("target", target)), G.NewConstant(float32(1))
	grads, err := G.Backpropagate(G.Nodes{score}, G.Nodes{one}, G.Nodes{maps})
	if err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	run, err := machine.New(maps, grads[0])
	if err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	run.Place(ops.Memory(run.Size()))
	if err := run.RunAll(); err != nil {
		return nil, err
	}
	values := func(n *G.Node) []float32 { return run.Value(n).(*tensor.Dense).Float32s() }
	out := m.plan.Layers[at].Out
	return &Heat{m.plan.Layers[at].Label, out[0], out[1], heat(values(maps), values(grads[0]), out[2])}, nil
}

// heat weights maps [h,w,c] by the means of their gradients.
func heat(maps, grads []float32, c int) []float32 {
	n := len(maps) / c
	weights := make([]float64, c)
	for i, g := range grads {
		weights[i%c] += float64(g) / float64(n)
	}
	out := make([]float32, n)
	largest := float32(0)
	for i := range out {
		sum := 0.0
		for k, w := range weights {
			sum += float64(w * float64(maps[i*c+k]))
		}
		out[i] = max(0, float32(sum))
		largest = max(largest, out[i])
	}
	if largest > 0 {
		for i := range out {
			out[i] /= largest
		}
	}
	return out
}

// maps returns the layer with the given label, whose output must be maps [h,w,c]. For an empty
// label it returns the last convolution, or the normalization, activation or merging layer that
// follows it.
func (p *Plan) maps(label string) (at int, err error) {
	at = -1
	only := -1 // a convolution of a single pixel
	var names []string
	for i, l := range p.Layers {
		if len(l.Out) != 3 {
			if l.Label == label {
				return 0, fmt.Errorf("%s: its output %v is no map over the image", label, l.Out)
			}
			continue
		}
		names = append(names, l.Label)
		switch {
		case label != "":
			if l.Label == label {
				return i, nil
			}
		case l.Out[0]*l.Out[1] == 1: // as in squeeze-and-excitation: no spatial information
			if strings.Contains(l.Type, "Conv") && at < 0 {
				only = i
			}
		case strings.Contains(l.Type, "Conv"), at >= 0 && i == at+1 && keepsPlace[l.Type]:
			at = i
		}
	}
	switch {
	case label != "":
		return 0, fmt.Errorf("no layer is called %q%s", label, spec.Hint(label, names))
	case at < 0 && only >= 0:
		return only, nil
	case at < 0:
		return 0, errors.New("the model has no convolution")
	}
	return at, nil
}

// keepsPlace lists Keras's classes of layers whose output at a pixel depends on that pixel only.
var keepsPlace = map[string]bool{
	"BatchNormalization": true, "Activation": true, "ReLU": true, "ELU": true, "LeakyReLU": true, "PReLU": true,
	"LayerNormalization": true, "GroupNormalization": true, "UnitNormalization": true,
	"Add": true, "Subtract": true, "Multiply": true, "Average": true, "Maximum": true, "Minimum": true, "Concatenate": true,
}
