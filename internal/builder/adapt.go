package builder

import (
	"errors"
	"fmt"
	"slices"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Adapts reports whether Adapt has something to do.
func (m *Model) Adapts() bool {
	return slices.ContainsFunc(m.plan.Layers, func(l Layer) bool { return m.statistic(&l) != nil })
}

// Given says that the weights of all layers come from a file, but those of the layers with these labels:
// Adapt does nothing for the others.
func (m *Model) Given(except []string) {
	m.given = map[string]bool{}
	for _, l := range m.plan.Layers {
		m.given[l.Label] = !slices.Contains(except, l.Label)
	}
}

// statistic returns what Adapt sets the weights of l from; nil if it leaves them.
func (m *Model) statistic(l *Layer) layer.Statistic {
	if m.given[l.Label] {
		return nil
	}
	return layer.StatisticOf(l.Layer, l.In)
}

// errEnough ends the batches for a statistic that needs no more.
var errEnough = errors.New("enough")

// Adapt sets the weights that depend on the input of a layer over the training data, in inference
// mode with the current weights: those of normalization layers, and kernels that are initialized
// by whitening. batches calls its argument with all batches of the training data, always in the
// same order; it is called once per layer, because a layer depends on those before it. It returns
// the first error of batches.
func (m *Model) Adapt(batches func(use func(images []float32, n int) error) error) error {
	for i, l := range m.plan.Layers {
		statistic := m.statistic(&l)
		if statistic == nil {
			continue
		}
		graphs := map[int]*prefix{}
		err := batches(func(images []float32, n int) (err error) {
			if graphs[n] == nil {
				if graphs[n], err = m.prefix(i, n); err != nil {
					return err
				}
			}
			input, err := graphs[n].run(images)
			if err == nil && !statistic.Add(input, n) {
				return errEnough
			}
			return err
		})
		if err != nil && err != errEnough {
			return err
		}
		var weights [][]float32
		for _, w := range m.weights {
			if w.layer == i {
				weights = append(weights, w.value.Float32s())
			}
		}
		statistic.Write(weights)
	}
	return nil
}

// A prefix computes the input of a layer.
type prefix struct {
	images  []float32
	output  *G.Node
	machine *machine.Machine
}

// prefix builds the layers before the one at index end, for batches of n images.
func (m *Model) prefix(end, n int) (*prefix, error) {
	eg := G.NewGraph()
	input := func(name string, value *tensor.Dense) *G.Node {
		return G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName(name), G.WithValue(value))
	}
	value := ops.NewTensor(append([]int{n}, m.plan.Input...)...)
	nodes := make([][]*G.Node, end)
	for _, w := range m.weights {
		if w.layer < end {
			nodes[w.layer] = append(nodes[w.layer], input(w.name, w.value))
		}
	}
	images := ops.Affine(input("images", value), 1, 0) // the machine needs one op
	c := m.plan.connect(0, images)
	for i, l := range m.plan.Layers[:end] {
		c.build(i, m.layerGraph(l, false, nil), nodes[i])
	}
	x := images
	if in := m.plan.Layers[end].Inputs[0]; in != spec.Images {
		x = c.outputs[in]
	}
	run, err := machine.New(x)
	if err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	run.Place(ops.Memory(run.Size()))
	return &prefix{value.Float32s(), x, run}, nil
}

func (p *prefix) run(images []float32) ([]float32, error) {
	copy(p.images, images)
	if err := p.machine.RunAll(); err != nil {
		return nil, err
	}
	return p.machine.Value(p.output).(*tensor.Dense).Float32s(), nil
}
