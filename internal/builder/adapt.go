package builder

import (
	"fmt"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Adapts reports whether Adapt has something to do.
func (m *Model) Adapts() bool {
	for _, l := range m.plan.Layers {
		if layer.Adapts(l.Layer) {
			return true
		}
	}
	return false
}

// Adapt sets the mean and variance of normalization layers to those of their input, in
// inference mode with the current weights. batches calls its argument with all batches of
// the training data, always in the same order; it is called once per layer, because a layer
// depends on those before it. It returns the first error of batches.
func (m *Model) Adapt(batches func(use func(images []float32, n int) error) error) error {
	for i, l := range m.plan.Layers {
		if !layer.Adapts(l.Layer) {
			continue
		}
		sums := newMoments(l.In[len(l.In)-1])
		graphs := map[int]*prefix{}
		err := batches(func(images []float32, n int) (err error) {
			if graphs[n] == nil {
				if graphs[n], err = m.prefix(i, n); err != nil {
					return err
				}
			}
			input, err := graphs[n].run(images)
			if err == nil {
				sums.add(input)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, w := range m.weights {
			switch {
			case w.layer != i:
			case w.name == l.Label+"/mean":
				sums.write(w.value.Float32s(), sums.mean, 1)
			case w.name == l.Label+"/variance":
				sums.write(w.value.Float32s(), sums.squares, sums.count)
			}
		}
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

// moments holds the mean of each channel and the sum of squared deviations from it.
type moments struct {
	mean, squares []float64
	count         float64
}

func newMoments(channels int) *moments {
	return &moments{make([]float64, channels), make([]float64, channels), 0}
}

// add adds rows of one value per channel. It computes their moments first and merges them: sums
// of squares would lose the variance of values far from 0 (Chan et al. 1979).
func (s *moments) add(rows []float32) {
	channels := len(s.mean)
	n := float64(len(rows) / channels)
	for c := range channels {
		mean, squares := 0.0, 0.0
		for i := c; i < len(rows); i += channels {
			mean += float64(rows[i])
		}
		mean /= n
		for i := c; i < len(rows); i += channels {
			d := float64(rows[i]) - mean
			squares += float64(d * d)
		}
		d := mean - s.mean[c]
		all := s.count + n
		s.squares[c] += squares + float64(float64(d*d)*float64(s.count*n)/all)
		s.mean[c] += float64(d * n / all)
	}
	s.count += n
}

func (s *moments) write(to []float32, values []float64, by float64) {
	for c, v := range values {
		to[c] = float32(v / by)
	}
}
