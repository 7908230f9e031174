package optimizer

import (
	"errors"
	"fmt"
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// base is the common part of all optimizers, as in Keras's base class: learning rate,
// weight decay and clipping.
type base struct {
	learningRate, weightDecay           float64
	decayOf                             func(i int) float64 // weight_decay of weight i; nil: weightDecay
	clipNorm, clipValue, globalClipNorm float64             // 0: none
	iterations                          int
	momentum                            *float64 // option; nil: the optimizer has none to change
	cycled                              float64  // what SetMomentum set, if it did
	changed                             bool
	ema                                 ema
	groups                              groups
	accumulation                        accumulation
	lookahead                           lookahead
	swa                                 swa
	slots                               []*slot // all, whether the options need them or not

	squares []float64                               // of the gradients, for clipping
	parts   *Parts                                  // nil: this process has all weights
	norms   func(squares []float64) (total float64) // nil: this process has all weights
	updated func(i int)                             // nil: no callback
}

// A slot is a state tensor that an optimizer has for each weight.
type slot struct {
	name  string
	start float64     // value before the first step
	data  [][]float32 // by weight
}

func (b *base) LearningRate() float64     { return b.learningRate }
func (b *base) SetLearningRate(v float64) { b.learningRate = v }
func (b *base) Iterations() int           { return b.iterations }
func (b *base) SetIterations(n int)       { b.iterations = n }

func (b *base) HasMomentum() bool { return b.momentum != nil && *b.momentum > 0 }

func (b *base) SetMomentum(v float64) { b.cycled, b.changed = v, true }

func (b *base) DividesByRate() bool { return false }

// momentumNow is the momentum of the next step.
func (b *base) momentumNow() float64 {
	if b.changed {
		return b.cycled
	}
	return *b.momentum
}

func (b *base) Reset() {
	b.iterations, b.accumulation.sums.data = 0, nil
	b.ema.averages.data, b.lookahead.slow.data, b.swa.averages.data = nil, nil, nil
	for _, s := range b.slots {
		s.data = nil
	}
}

func (b *base) Join(p Parts) { b.parts, b.norms, b.updated = &p, p.Norms, p.Updated }

// rateOption declares the main option, commonOptions those that come last.
func (b *base) rateOption(o *catalog.Options) {
	o.Bind(&b.learningRate, "learning_rate", "step size").Min(0)
}

func (b *base) commonOptions(o *catalog.Options) {
	o.Bind(&b.weightDecay, "weight_decay", "fraction of each weight, times the learning rate, subtracted in each step").Min(0)
	o.Bind(&b.clipNorm, "clipnorm", "maximum norm of the gradient of each weight tensor; 0: no limit").Min(0)
	o.Bind(&b.clipValue, "clipvalue", "maximum absolute value of each element of a gradient; 0: no limit").Min(0)
	o.Bind(&b.globalClipNorm, "global_clipnorm", "maximum norm of all gradients together; 0: no limit").Min(0)
	o.Check(func() error {
		given := 0
		for _, v := range []float64{b.clipNorm, b.clipValue, b.globalClipNorm} {
			if v > 0 {
				given++
			}
		}
		if given > 1 {
			return errors.New("only one of clipnorm, clipvalue and global_clipnorm can be set")
		}
		return nil
	})
	b.groups.options(o)
	b.accumulation.options(o)
	b.lookahead.options(o)
	b.swa.options(o)
	b.ema.options(o)
	o.Check(func() error {
		if b.ema.use && b.swa.given {
			return errors.New("only one of use_ema and swa can be set: both are averages of the weights")
		}
		return nil
	})
}

// of returns the state tensor of weight i, which has size values.
func (s *slot) of(i, size int) []float32 {
	for len(s.data) <= i {
		s.data = append(s.data, nil)
	}
	if s.data[i] == nil {
		s.data[i] = kernels.Memory(size)
		if s.start != 0 {
			for j := range s.data[i] {
				s.data[i][j] = float32(s.start)
			}
		}
	}
	return s.data[i]
}

// state returns the state that all optimizers have, then slots, as tensors, allocated if
// there was no step yet.
func (b *base) state(weights []G.ValueGrad, slots ...*slot) ([]checkpoint.Tensor, error) {
	var state []checkpoint.Tensor
	add := func(name string, i int, w *tensor.Dense, data []float32) {
		state = append(state, checkpoint.Tensor{Name: fmt.Sprintf("%s/%d", name, i), Shape: w.Shape(), Data: data})
	}
	tensors, err := dense(weights)
	if err != nil {
		return nil, err
	}
	for _, own := range []struct {
		used bool
		name string
		slot *weightSlot
	}{
		{b.shown() != nil, HiddenSlot, b.shown()},
		{b.shown() != nil && b.shown() != &b.lookahead.slow && b.lookahead.given, "slow", &b.lookahead.slow},
	} {
		for i, w := range tensors {
			if own.used {
				add(own.name, i, w, own.slot.of(i, w.Float32s()))
			}
		}
	}
	if b.accumulation.use() {
		slots = append([]*slot{&b.accumulation.sums}, slots...)
	}
	for _, s := range slots {
		for i, w := range tensors {
			add(s.name, i, w, s.of(i, w.DataSize()))
		}
	}
	return state, nil
}

// wholeShapes appends the shapes of the weights, of which this process may have pieces.
func (b *base) wholeShapes(weights []G.ValueGrad, to [][]int) ([][]int, error) {
	if b.parts != nil {
		return append(to, b.parts.Shapes...), nil
	}
	tensors, err := dense(weights)
	for _, w := range tensors {
		to = append(to, w.Shape())
	}
	return to, err
}

// piece returns of which weight piece i is one, and where it begins.
func (b *base) piece(i int) (weight, from int) {
	if b.parts != nil {
		return b.parts.Of(i)
	}
	return i, 0
}

// dense returns the values of weights.
func dense(weights []G.ValueGrad) (all []*tensor.Dense, err error) {
	for _, v := range weights {
		w, ok := v.Value().(*tensor.Dense)
		if !ok {
			return nil, fmt.Errorf("optimizer: a weight is a %T, want a tensor", v.Value())
		}
		all = append(all, w)
	}
	return all, nil
}

// step clips the gradients, decays the weights, and updates each weight, until the first
// one that becomes non-finite. lr is the learning rate of the weight.
func (b *base) step(weights []G.ValueGrad, update func(i int, w, g []float32, lr float64) (finite bool)) error {
	return b.stepIn(weights, nil, nil, update)
}

// stepIn is step in two passes, if first is not nil: first is called for each weight, then
// between once, then update for each weight.
func (b *base) stepIn(weights []G.ValueGrad, first func(i int, w, g []float32), between func(), update func(i int, w, g []float32, lr float64) (finite bool)) error {
	if b.accumulation.use() {
		if (b.iterations+1)%b.accumulation.steps != 0 {
			return b.accumulate(weights)
		}
		if err := b.mean(weights); err != nil {
			return err
		}
	}
	var total float64
	if b.clipNorm > 0 || b.globalClipNorm > 0 {
		var err error
		if total, err = b.sumSquares(weights); err != nil {
			return err
		}
	}
	if first != nil {
		for i, v := range weights {
			w, g, err := values(v)
			if err != nil {
				return err
			}
			b.prepare(i, w, g, total)
			first(i, w, g)
		}
		between()
	}
	for i, v := range weights {
		w, g, err := values(v)
		if err != nil {
			return err
		}
		if first == nil {
			b.prepare(i, w, g, total)
		}
		if !update(i, w, g, b.rate(i)) {
			return &NonFiniteError{Index: i, Gradient: !kernels.AllFinite(g)}
		}
		if b.lookahead.given {
			b.lookahead.update(i, w, b.updates())
		}
		b.end(i, w)
	}
	b.iterations++
	return nil
}

// rate returns the learning rate of weight i.
func (b *base) rate(i int) float64 {
	times, _ := b.groups.times(i)
	return b.learningRate * times
}

// prepare clips the gradient of weight i and decays the weight. total is the sum of squares
// of all gradients.
func (b *base) prepare(i int, w, g []float32, total float64) {
	if b.lookahead.given {
		b.lookahead.slow.of(i, w)
	}
	switch {
	case b.clipNorm > 0:
		shorten(g, b.squares[i], b.clipNorm)
	case b.globalClipNorm > 0:
		shorten(g, total, b.globalClipNorm)
	case b.clipValue > 0:
		kernels.Clip(g, g, -float32(b.clipValue), float32(b.clipValue))
	}
	_, decay := b.groups.times(i)
	if b.decayOf != nil {
		decay *= b.decayOf(i)
	} else {
		decay *= b.weightDecay
	}
	if decay > 0 {
		kernels.SGD(w, w, nil, float32(decay*b.rate(i)), 0, false)
	}
}

// end ends a step for weight i, which has its new values.
func (b *base) end(i int, w []float32) {
	if b.ema.use {
		b.ema.update(i, w, b.updates())
	}
	if b.updated != nil {
		b.updated(i)
	}
}

// sumSquares fills b.squares with the sums of squares of the gradients, and returns the
// total.
func (b *base) sumSquares(weights []G.ValueGrad) (total float64, err error) {
	b.squares = b.squares[:0]
	for _, v := range weights {
		_, g, err := values(v)
		if err != nil {
			return 0, err
		}
		s := kernels.SumSquares(g)
		b.squares = append(b.squares, s)
		total += s
	}
	if b.norms != nil {
		total = b.norms(b.squares)
	}
	return total, nil
}

// shorten scales g, part of a vector with the given sum of squares, so that the norm of the
// vector is at most norm.
func shorten(g []float32, squares, norm float64) {
	if length := math.Sqrt(squares); length > norm {
		kernels.Affine(g, g, float32(norm/length), 0)
	}
}

// values returns the data of a weight and of its gradient.
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
