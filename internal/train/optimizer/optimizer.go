// Package optimizer holds the ways weights follow their gradients, one file each.
package optimizer

import (
	"fmt"

	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Optimizer is a gorgonia.Solver whose learning rate may change between steps.
//
// Step takes the same weights in the same order each time; it changes their
// values and leaves the gradients as they are.
type Optimizer interface {
	G.Solver
	LearningRate() float64
	SetLearningRate(float64)
}

// Optimizers is every optimizer a spec may name.
var Optimizers = catalog.New[Optimizer]("optimizer")

// rate is the learning rate, which every optimizer has as its main option.
type rate struct{ learningRate float64 }

func (r *rate) LearningRate() float64     { return r.learningRate }
func (r *rate) SetLearningRate(v float64) { r.learningRate = v }

func (r *rate) option(o *catalog.Options) {
	o.Bind(&r.learningRate, "learning_rate", "size of the steps").Min(0)
}

// slots is memory that an optimizer keeps for each weight, all zeros at first.
type slots [][]float32

// of returns the slot of weight i of the given size.
func (s *slots) of(i, size int) []float32 {
	for len(*s) <= i {
		*s = append(*s, nil)
	}
	if (*s)[i] == nil {
		(*s)[i] = make([]float32, size)
	}
	return (*s)[i]
}

// values returns the memory of a weight and its gradient.
func values(v G.ValueGrad) (w, g []float32, err error) {
	grad, err := v.Grad()
	if err != nil {
		return nil, nil, err
	}
	wt, ok1 := v.Value().(*tensor.Dense)
	gt, ok2 := grad.(*tensor.Dense)
	if !ok1 || !ok2 {
		return nil, nil, fmt.Errorf("optimizer: a weight is a %T and its gradient a %T, want tensors", v.Value(), grad)
	}
	w, g = wt.Float32s(), gt.Float32s()
	if len(w) != len(g) {
		return nil, nil, fmt.Errorf("optimizer: a weight has %d values and its gradient %d", len(w), len(g))
	}
	return w, g, nil
}
