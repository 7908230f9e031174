package optimizer

import (
	"math"
	"slices"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "muon",
	Keras:   "Muon",
	Example: "muon: {learning_rate: 0.005, convolutions: true}",
	Doc: `Momentum made orthogonal, for weights that are matrices; AdamW for all others (Jordan et al. 2024; Liu et al. 2025).

As in Keras, matrices are the kernels of dense layers. With convolutions, kernels of convolutions are
too, with all axes but the last as rows, as in the fastest recipes for CIFAR-10; those of depthwise
ones are not, unless a channel has several filters: name these in exclude_layers. The last dense layer is
better left to AdamW in the same way. The state has a velocity of every weight, which matrices do not use.`,
	New: func(o *catalog.Options) Optimizer {
		m := &muon{
			adam: &adam{
				base:  base{learningRate: 0.001, weightDecay: 0.004},
				beta1: 0.9, beta2: 0.999, epsilon: 1e-7,
				m: slot{name: "momentum"}, v: slot{name: "velocity"},
			},
			rate: 0.95, nesterov: true, adamRatio: 1, adamDecay: 0.004, rmsRate: 0.2,
			iteration: kernels.NewtonSchulz{A: 3.4445, B: -4.7750, C: 2.0315, Steps: 5},
		}
		m.slots = []*slot{&m.m, &m.v}
		m.base.momentum, m.decayOf = &m.rate, m.decay
		m.rateOption(o)
		o.Bind(&m.rate, "momentum", "fraction of the previous steps that is kept").Min(0).Below(1)
		o.Bind(&m.nesterov, "nesterov", "whether to use Nesterov momentum")
		o.Bind(&m.convolutions, "convolutions", "whether kernels of convolutions are matrices too; Keras has no such option").Quiet()
		m.excludedOf = o.Bind(&m.excluded, "exclude_layers", "weights for AdamW, although they are matrices: of a layer (dense_1), of a name (kernel), or both (dense_1/kernel); * stands for any characters, and *dense* may fit none").Quiet()
		o.Bind(&m.rmsRate, "rms_rate", "times the square root of the larger side of a matrix, a factor of its step, so that it is as long as one of Adam; 0: no such factor").Min(0)
		o.Bind(&m.iteration.Steps, "ns_steps", "number of Newton-Schulz iterations, which make a matrix orthogonal").Min(1).Max(50)
		o.Bind(&m.iteration.A, "muon_a", "coefficient of X in an iteration").Quiet()
		o.Bind(&m.iteration.B, "muon_b", "coefficient of X·Xᵀ·X").Quiet()
		o.Bind(&m.iteration.C, "muon_c", "coefficient of (X·Xᵀ)²·X").Quiet()
		o.Bind(&m.adamRatio, "adam_lr_ratio", "learning rate of AdamW as a multiple of learning_rate").Min(0)
		o.Bind(&m.beta1, "adam_beta_1", "decay rate of the running mean of the gradient, in AdamW").Min(0).Below(1)
		o.Bind(&m.beta2, "adam_beta_2", "decay rate of the running mean of its square").Min(0).Below(1)
		o.Bind(&m.epsilon, "epsilon", "added to the denominator of AdamW to avoid division by zero").Min(0)
		o.Bind(&m.adamDecay, "adam_weight_decay", "weight_decay of the weights of AdamW").Min(0)
		m.commonOptions(o)
		return m
	},
})

type muon struct {
	*adam                                       // of weights that are no matrices
	rate, adamRatio, adamDecay, rmsRate float64 // rate is the momentum
	nesterov, convolutions              bool
	excluded                            []string
	excludedOf                          *catalog.Field
	iteration                           kernels.NewtonSchulz

	others    []bool      // by weight, or piece of one: whether exclude_layers names it
	shapes    [][2]int    // of whole weights as matrices; no rows: AdamW's
	gradients [][]float32 // of the step
	whole     []float64   // all matrices, to collect those of which this process has pieces
	matrix    []float32   // one of them
}

// depthwise is the end of the names of kernels that are no matrices.
const depthwise = "depthwise_kernel"

// Named also finds the weights that exclude_layers leaves to AdamW.
func (m *muon) Named(weights []string) []Unmatched {
	m.others = make([]bool, len(weights))
	unmatched := m.base.Named(weights)
	for i, name := range weights {
		m.others[i] = strings.HasSuffix(name, depthwise)
	}
	for _, pattern := range m.excluded {
		found := false
		for i, name := range weights {
			if Fits(pattern, name) {
				m.others[i], found = true, true
			}
		}
		if !found && !strings.HasPrefix(pattern, "*") { // as read from Keras, where it need not fit
			unmatched = append(unmatched, Unmatched{m.excludedOf, pattern})
		}
	}
	return unmatched
}

// Step computes, for matrices: b = μb + g; u = orthogonal(g + μb), without Nesterov that of b;
// w -= lr·rms_rate·√max(rows, columns)·u. Other weights are those of AdamW.
func (m *muon) Step(weights []G.ValueGrad) error {
	if err := m.measure(weights); err != nil {
		return err
	}
	t := float64(m.updates() + 1)
	corrected := math.Sqrt(1-math.Pow(m.beta2, t)) / (1 - math.Pow(m.beta1, t))
	m.gradients = m.gradients[:0]
	keep := float32(m.momentumNow())
	momentum := func(i int, w, g []float32) {
		if rows, _ := m.of(i); rows > 0 {
			b := m.m.of(i, len(w))
			kernels.Combine(b, b, g, keep, 1)
			kernels.Normal(b)
			if m.nesterov {
				kernels.Combine(g, g, b, 1, keep)
			} else {
				copy(g, b)
			}
		}
		m.gradients = append(m.gradients, g)
	}
	return m.stepIn(weights, momentum, m.orthogonalize, func(i int, w, g []float32, lr float64) bool {
		rows, columns := m.of(i)
		if rows == 0 {
			return kernels.Adam(w, g, m.m.of(i, len(w)), m.v.of(i, len(w)), lr*m.adamRatio*corrected, m.beta1, m.beta2, m.epsilon)
		}
		if m.rmsRate > 0 {
			lr *= m.rmsRate * math.Sqrt(float64(max(rows, columns)))
		}
		return kernels.SGD(w, g, nil, float32(lr), 0, false)
	})
}

// Reset and Join are also for other weights.
func (m *muon) Reset() {
	m.base.Reset()
	m.shapes = nil
}

func (m *muon) Join(p Parts) {
	m.base.Join(p)
	m.shapes = nil
}

// measure finds which whole weights are matrices.
func (m *muon) measure(weights []G.ValueGrad) error {
	if m.shapes != nil {
		return nil
	}
	shapes, err := m.wholeShapes(weights, nil)
	for _, shape := range shapes {
		var matrix [2]int
		if len(shape) == 2 || m.convolutions && len(shape) == 4 && shape[3] > 1 {
			matrix = [2]int{1, shape[len(shape)-1]}
			for _, d := range shape[:len(shape)-1] {
				matrix[0] *= d
			}
		}
		m.shapes = append(m.shapes, matrix)
	}
	return err
}

// of returns the sizes of the matrix that weight i is, or is a piece of; no rows if it is none.
func (m *muon) of(i int) (rows, columns int) {
	if i < len(m.others) && m.others[i] {
		return 0, 0
	}
	w, _ := m.piece(i)
	return m.shapes[w][0], m.shapes[w][1]
}

// decay is the weight decay of weight i.
func (m *muon) decay(i int) float64 {
	if rows, _ := m.of(i); rows > 0 {
		return m.weightDecay
	}
	return m.adamDecay
}

// orthogonalize replaces the gradients of matrices by their steps. Of matrices in pieces, each process
// computes those of which it has some.
func (m *muon) orthogonalize() {
	if m.parts == nil {
		for i, g := range m.gradients {
			if rows, columns := m.of(i); rows > 0 {
				m.iteration.Apply(g, rows, columns)
			}
		}
		return
	}
	begin, size := make([]int, len(m.shapes)), 0
	for w, shape := range m.shapes {
		begin[w], size = size, size+shape[0]*shape[1]
	}
	m.whole = slices.Grow(m.whole[:0], size)[:size]
	clear(m.whole)
	for i, g := range m.gradients {
		if rows, _ := m.of(i); rows > 0 {
			w, from := m.parts.Of(i)
			for j, v := range g {
				m.whole[begin[w]+from+j] = float64(v)
			}
		}
	}
	m.parts.Sum(m.whole)
	last := -1
	for i, g := range m.gradients {
		rows, columns := m.of(i)
		if rows == 0 {
			continue
		}
		w, from := m.parts.Of(i)
		if w != last {
			last = w
			m.matrix = slices.Grow(m.matrix[:0], rows*columns)[:rows*columns]
			for j := range m.matrix {
				m.matrix[j] = float32(m.whole[begin[w]+j])
			}
			m.iteration.Apply(m.matrix, rows, columns)
		}
		copy(g, m.matrix[from:])
	}
}
