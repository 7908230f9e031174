package machine

import (
	"fmt"
	"reflect"

	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A sum is a + b of two tensors of the same shape, with which gorgonia.Grad adds the
// gradients of a value that is read more than once. It replaces Gorgonia's own op, which
// allocates its output in each run and takes three times as long.
type sum struct {
	G.Op
	shape  tensor.Shape
	memory []float32
	out    *tensor.Dense
}

// sumOf returns the sum that n is, or nil.
func sumOf(n *G.Node, inputs []*G.Node) (s *sum, ok bool) {
	if len(inputs) != 2 || n.Dims() == 0 || n.Dtype() != tensor.Float32 {
		return nil, false
	}
	other := G.NewGraph() // Gorgonia exposes its addition only as text
	var like []*G.Node
	for i, in := range inputs {
		if !in.Shape().Eq(n.Shape()) {
			return nil, false
		}
		like = append(like, G.NewTensor(other, tensor.Float32, n.Dims(), G.WithShape(n.Shape()...), G.WithName(fmt.Sprint(i))))
	}
	add, err := G.Add(like[0], like[1])
	if err != nil || !reflect.DeepEqual(n.Op(), add.Op()) {
		return nil, false
	}
	return &sum{Op: n.Op(), shape: n.Shape()}, true
}

func (s *sum) Do(in ...G.Value) (G.Value, error) {
	a, b := in[0].(*tensor.Dense), in[1].(*tensor.Dense) // guaranteed by the shapes
	if s.out == nil {
		s.Place(kernels.Memory(s.Size()))
	}
	kernels.Combine(s.memory, a.Float32s(), b.Float32s(), 1, 1)
	return s.out, nil
}

func (s *sum) Size() int                     { return s.shape.TotalSize() }
func (s *sum) Reuses() (in []int, view bool) { return []int{0, 1}, false }
func (s *sum) Flops() int                    { return s.Size() }
func (s *sum) String() string                { return "sum" }

func (s *sum) Place(memory []float32) {
	s.memory, s.out = memory, tensor.New(tensor.WithShape(s.shape...), tensor.WithBacking(memory))
}
