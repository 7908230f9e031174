package optimizer

import (
	"math"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adafactor",
	Keras:   "Adafactor",
	Example: "adafactor: {learning_rate: 0.01}",
	Doc: `Steps as long as the weights themselves, scaled by mean squares of the gradients of each row and each column of a weight (Shazeer and Stern 2018).

The learning rate is at most 1/√t in step t, relative to the root mean square of the weight tensor. As
in Keras the mean squares are kept for each value all the same, so it saves no memory, and
relative_step, which changes nothing there, is no option.`,
	New: func(o *catalog.Options) Optimizer {
		a := &adafactor{
			base:  base{learningRate: 0.001},
			decay: -0.8, epsilon1: 1e-30, epsilon2: 1e-3, clip: 1,
			v: slot{name: "velocity"},
		}
		a.slots = []*slot{&a.v}
		a.rateOption(o)
		o.Bind(&a.decay, "beta_2_decay", "the mean squares keep 1-t^beta_2_decay in step t").Min(-10).Max(0)
		o.Bind(&a.epsilon1, "epsilon_1", "added to the squares").Min(0)
		o.Bind(&a.epsilon2, "epsilon_2", "least root mean square of a weight tensor").Min(0)
		o.Bind(&a.clip, "clip_threshold", "greatest root mean square of a step, before it is scaled").Above(0)
		a.commonOptions(o)
		return a
	},
})

type adafactor struct {
	base
	decay, epsilon1, epsilon2, clip float64
	// v is the product of the means of rows and columns, divided by their mean. Its own means of
	// rows and columns are these again, so they need no slot.
	v slot

	sums                 []float64 // of the rows of all matrices, then of the columns, weight by weight
	places               []int     // where those of a weight begin; -1: it is no matrix
	g                    [][]float32
	ofWeights, ofSteps   []float64 // sums of squares
	shapes               [][]int   // of whole weights
	rows, columns, sizes []int     // of whole weights
}

// Step computes, per weight tensor, with β = 1-t^decay: v = βv + (1-β)(g²+ε₁); for matrices v = r·c/mean(r) with
// the means r of its rows and c of its columns; u = g/√v; w -= max(ε₂, rms(w))·min(lr, 1/√t)·u/max(1, rms(u)/clip).
func (a *adafactor) Step(weights []G.ValueGrad) error {
	t := float64(a.updates() + 1)
	beta := 1 - math.Pow(t, a.decay)
	if err := a.measure(weights); err != nil {
		return err
	}
	a.g, a.ofWeights, a.ofSteps = a.g[:0], a.ofWeights[:0], a.ofSteps[:0]
	squares := func(i int, w, g []float32) {
		v := a.v.of(i, len(w))
		kernels.AdafactorSquares(v, g, beta, a.epsilon1)
		if f, rows, columns := a.factored(i); rows != nil {
			f.Sum(rows, columns, v)
		}
		a.g = append(a.g, g)
		a.ofWeights = append(a.ofWeights, kernels.SumSquares(w))
	}
	directions := func() {
		if a.parts != nil {
			a.parts.Sum(a.sums)
		}
		a.means()
		for i, g := range a.g {
			v := a.v.data[i]
			if f, rows, columns := a.factored(i); rows != nil {
				f.Multiply(v, rows, columns)
			}
			kernels.AdafactorDirection(g, v)
			a.ofSteps = append(a.ofSteps, kernels.SumSquares(g))
		}
		if a.norms != nil {
			a.norms(a.ofWeights)
			a.norms(a.ofSteps)
		}
	}
	return a.stepIn(weights, squares, directions, func(i int, w, u []float32, lr float64) bool {
		of, _ := a.piece(i)
		n := float64(a.sizes[of])
		lr = min(lr, 1/math.Sqrt(t)) * max(a.epsilon2, math.Sqrt(a.ofWeights[i]/n)) / max(1, math.Sqrt(a.ofSteps[i]/n)/a.clip)
		return kernels.SGD(w, u, nil, float32(lr), 0, false)
	})
}

// measure finds the sizes of the whole weights, and clears the sums.
func (a *adafactor) measure(weights []G.ValueGrad) error {
	var err error
	if a.shapes, err = a.wholeShapes(weights, a.shapes[:0]); err != nil {
		return err
	}
	a.places, a.rows, a.columns, a.sizes = a.places[:0], a.rows[:0], a.columns[:0], a.sizes[:0]
	at := 0
	for _, shape := range a.shapes {
		size, rows, columns, place := 1, 1, 1, -1
		for _, d := range shape {
			size *= d
		}
		if n := len(shape); n > 1 {
			rows, columns, place = shape[n-2], shape[n-1], at
			at += size/columns + size/rows
		}
		a.places, a.rows, a.columns, a.sizes = append(a.places, place), append(a.rows, rows), append(a.columns, columns), append(a.sizes, size)
	}
	a.sums = slices.Grow(a.sums[:0], at)[:at]
	clear(a.sums)
	return nil
}

// factored describes piece i and returns what the rows and columns of its whole weight have; nil if that is
// no matrix.
func (a *adafactor) factored(i int) (f kernels.Factored, rows, columns []float64) {
	of, from := a.piece(i)
	rows, columns = a.of(of)
	return kernels.Factored{Rows: a.rows[of], Columns: a.columns[of], From: from}, rows, columns
}

// of returns the sums of rows and columns of a weight.
func (a *adafactor) of(weight int) (rows, columns []float64) {
	at := a.places[weight]
	if at < 0 {
		return nil, nil
	}
	n := a.sizes[weight] / a.columns[weight]
	rows = a.sums[at:][:n]
	return rows, a.sums[at+n:][:a.sizes[weight]/a.rows[weight]]
}

// means replaces the sums of rows and columns by their factors of v.
func (a *adafactor) means() {
	for w := range a.places {
		rows, columns := a.of(w)
		for at := 0; at < len(rows); at += a.rows[w] { // matrix by matrix
			matrix, total := rows[at:][:a.rows[w]], 0.0
			for _, sum := range matrix {
				total += sum
			}
			for i := range matrix {
				matrix[i] *= float64(a.rows[w]) / total // the mean of a row by the mean of them all
			}
		}
		for i := range columns {
			columns[i] /= float64(a.rows[w])
		}
	}
}

func (a *adafactor) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return a.state(weights, &a.v)
}
