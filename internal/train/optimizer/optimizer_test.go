package optimizer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func decode(t *testing.T, text string) Optimizer {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), nil, &problems)
	o, _ := Optimizers.Decode(s.Layers[0], &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return o
}

// param is a weight with a gradient.
type param struct{ w, g *tensor.Dense }

func (p param) Value() G.Value         { return p.w }
func (p param) Grad() (G.Value, error) { return p.g, nil }

func newParam(w, g []float32) param {
	return param{tensor.New(tensor.WithShape(len(w)), tensor.WithBacking(w)), tensor.New(tensor.WithShape(len(g)), tensor.WithBacking(g))}
}

// Every optimizer, with its own example, decreases f(w) = Σ (w-1)²/2.
func TestEveryOptimizerDescends(t *testing.T) {
	for _, name := range Optimizers.Names() {
		t.Run(name, func(t *testing.T) {
			info := Optimizers.Info(name)
			if info.Keras == "" || info.Doc == "" || info.Example == "" || info.Fields[0].Name != "learning_rate" {
				t.Fatalf("needs a Keras name, documentation, an example and learning_rate as main option: %+v", info)
			}
			o := decode(t, info.Example)
			if o.LearningRate() <= 0 {
				t.Errorf("learning rate %g", o.LearningRate())
			}
			p := newParam([]float32{0, 5, -3}, make([]float32, 3))
			far := func() (sum float64) {
				for _, v := range p.w.Float32s() {
					sum += math.Pow(float64(v)-1, 2)
				}
				return sum
			}
			before := far()
			for range 50 {
				for i, v := range p.w.Float32s() {
					p.g.Float32s()[i] = v - 1
				}
				if err := o.Step([]G.ValueGrad{p}); err != nil {
					t.Fatal(err)
				}
			}
			if !(far() < before) {
				t.Errorf("distance %g before, %g after 50 steps", before, far())
			}
		})
	}
}

func TestTheLearningRateMayChangeBetweenSteps(t *testing.T) {
	o := decode(t, "sgd: 0.5")
	p := newParam([]float32{1}, []float32{1})
	for _, rate := range []float64{0.5, 0.25, 0} {
		o.SetLearningRate(rate)
		if err := o.Step([]G.ValueGrad{p}); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.w.Float32s()[0]; got != 0.25 {
		t.Errorf("ended at %g, want 1 - 0.5 - 0.25", got)
	}
}

func TestStepRefusesAGradientOfAnotherSize(t *testing.T) {
	for _, name := range Optimizers.Names() {
		if err := decode(t, name).Step([]G.ValueGrad{newParam([]float32{1}, []float32{1, 2})}); err == nil {
			t.Errorf("%s took it", name)
		}
	}
}

// With State and Iterations copied from another optimizer, a new one continues as that one.
func TestAnOptimizerGoesOnFromItsState(t *testing.T) {
	examples := []string{"sgd: 0.1", "rmsprop: {learning_rate: 0.01, momentum: 0.5, centered: true}", "sgd: {learning_rate: 0.1, use_ema: true, ema_overwrite_frequency: 2}", "nadam: {gradient_accumulation_steps: 2}", "adam: {lookahead: 2}", "sgd: {lookahead: 3, use_ema: true}", "sgd: {lookahead: 3, swa: 1}", "sgd: {gradient_accumulation_steps: 4, use_ema: true}"}
	for _, name := range Optimizers.Names() {
		examples = append(examples, Optimizers.Entry(name).Example)
	}
	for _, text := range examples {
		t.Run(text, func(t *testing.T) {
			step := func(o Optimizer, p []G.ValueGrad, n int) {
				for range n {
					for i, v := range p {
						for j, w := range v.(param).w.Float32s() {
							v.(param).g.Float32s()[j] = w - float32(i)
						}
					}
					if err := o.Step(p); err != nil {
						t.Fatal(err)
					}
				}
			}
			params := func() []G.ValueGrad {
				return []G.ValueGrad{newParam([]float32{3, 5, -3}, make([]float32, 3)), newParam([]float32{-2, 7}, make([]float32, 2))}
			}
			whole, p := decode(t, text), params()
			step(whole, p, 7)

			first, second, q := decode(t, text), decode(t, text), params()
			step(first, q, 3)
			from, err1 := first.State(q)
			to, err2 := second.State(q)
			if err1 != nil || err2 != nil || len(from) != len(to) {
				t.Fatal(err1, err2, len(from), len(to))
			}
			for i := range to {
				if to[i].Name != from[i].Name || !slices.Equal(to[i].Shape, from[i].Shape) {
					t.Errorf("%s %v became %s %v", from[i].Name, from[i].Shape, to[i].Name, to[i].Shape)
				}
				copy(to[i].Data, from[i].Data)
			}
			second.SetIterations(first.Iterations())
			step(second, q, 4)
			if second.Iterations() != 7 {
				t.Errorf("%d steps", second.Iterations())
			}
			for i := range p {
				if !slices.Equal(p[i].(param).w.Float32s(), q[i].(param).w.Float32s()) {
					t.Errorf("weight %d ends at %v, without a break at %v", i, q[i].Value(), p[i].Value())
				}
			}
		})
	}
}

func TestSomeOptionsExcludeEachOther(t *testing.T) {
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- adam: {clipnorm: 1, clipvalue: 1}\n- adam: {use_ema: true, swa: 1}\n"), nil, &problems)
	Optimizers.Decode(s.Layers[0], &problems)
	Optimizers.Decode(s.Layers[1], &problems)
	want := "x.yaml:3:3: adam: only one of clipnorm, clipvalue and global_clipnorm can be set\n" +
		"x.yaml:4:3: adam: only one of use_ema and swa can be set: both are averages of the weights"
	if problems.Err() == nil || problems.Err().Error() != want {
		t.Errorf("got %v", problems.Err())
	}
}

func TestStepNamesTheWeightThatIsNoLongerFinite(t *testing.T) {
	for _, name := range Optimizers.Names() {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			good, broken := newParam(make([]float32, 20), make([]float32, 20)), newParam(make([]float32, 50), make([]float32, 50))
			broken.g.Float32s()[49] = float32(bad)
			var finite *NonFiniteError
			err := decode(t, name).Step([]G.ValueGrad{good, broken})
			if !errors.As(err, &finite) || finite.Index != 1 || !finite.Gradient {
				t.Errorf("%s: a gradient of %v: %v", name, bad, err)
			}
			broken.g.Float32s()[49], broken.w.Float32s()[3] = 0, float32(bad)
			err = decode(t, name).Step([]G.ValueGrad{good, broken})
			if !errors.As(err, &finite) || finite.Index != 1 || finite.Gradient {
				t.Errorf("%s: a weight of %v: %v", name, bad, err)
			}
		}
	}
}

// In the first step the size of the gradient cancels out, which leaves factors such as
// 1-beta_2; in float32 those would have only five digits.
func TestTheFirstStepHasTheSizeOfItsDefinition(t *testing.T) {
	u1, u2 := 0.9*(1-0.5*0.96), 0.9*(1-0.5*0.96*0.96)
	nadamsFirst := 0.001 * (1 + u2*0.1/(1-u1*u2))
	for text, want := range map[string]float64{
		"adam: {learning_rate: 0.001, epsilon: 1e-12}":                                  0.001,
		"adam: {learning_rate: 0.001, epsilon: 1e-12, beta_1: 0.99, beta_2: 0.9999}":    0.001,
		"adamw: {learning_rate: 0.001, epsilon: 1e-12, weight_decay: 0}":                0.001,
		"nadam: {learning_rate: 0.001, epsilon: 1e-12}":                                 nadamsFirst,
		"rmsprop: {learning_rate: 0.001, epsilon: 1e-12, rho: 0.999}":                   0.001 / math.Sqrt(1-0.999),
		"rmsprop: {learning_rate: 0.001, epsilon: 1e-12, rho: 0.999, momentum: 0.9}":    0.001 / math.Sqrt(1-0.999),
		"adamax: {learning_rate: 0.001, epsilon: 1e-12, beta_1: 0.99}":                  0.001,
		"lion: {learning_rate: 0.001}":                                                  0.001,
		"adagrad: {learning_rate: 0.001, epsilon: 1e-12, initial_accumulator_value: 0}": 0.001,
	} {
		gradients := make([]float32, 33) // more than two vectors, to test the remainder
		for i := range gradients {
			gradients[i] = float32(i-20) * 0.37
		}
		p := newParam(make([]float32, len(gradients)), gradients)
		p.g.Float32s()[20] = 1 // not 0
		if err := decode(t, text).Step([]G.ValueGrad{p}); err != nil {
			t.Fatal(err)
		}
		for i, w := range p.w.Float32s() {
			if got := math.Abs(float64(w)); math.Abs(got-want) > 4e-7*want {
				t.Errorf("%s: gradient %g: a step of %g, want %g", text, gradients[i], got, want)
			}
		}
	}
}

// In a step of sgd without momentum a weight of 1 with a gradient of 1 loses its learning rate
// and, before that, its learning rate times its weight decay.
func TestWeightsHaveTheRatesAndDecaysOfTheirPatterns(t *testing.T) {
	names := []string{"conv2d/kernel", "conv2d/bias", "block/dense_1/kernel", "block/dense_1/bias", "norm/gamma"}
	for options, want := range map[string][]float64{
		"": {0.85, 0.85, 0.85, 0.85, 0.85},
		"exclude_from_weight_decay: [bias, norm]":                                          {0.85, 0.9, 0.85, 0.9, 0.9},
		"exclude_from_weight_decay: block/dense_1":                                         {0.85, 0.85, 0.9, 0.9, 0.85},
		"learning_rate_multipliers: {bias: 2, conv2d: 0, '*/gamma': 3}":                    {1, 1, 0.85, 0.7, 0.55},
		"learning_rate_multipliers: {bias: 2}, weight_decay_multipliers: {'con*/bias': 3}": {0.85, 0.5, 0.85, 0.7, 0.85},
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- sgd: {learning_rate: 0.1, weight_decay: 0.5, "+options+"}\n"), nil, &problems)
		o, _ := Optimizers.Decode(s.Layers[0], &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		if u := o.Named(names); len(u) > 0 {
			t.Errorf("%s: %v fit nothing", options, u)
		}
		var all []G.ValueGrad
		for range names {
			all = append(all, newParam([]float32{1}, []float32{1}))
		}
		if err := o.Step(all); err != nil {
			t.Fatal(err)
		}
		for i, v := range all {
			if got := float64(v.(param).w.Float32s()[0]); math.Abs(got-want[i]) > 1e-6 {
				t.Errorf("%s: %s is %g, want %g", options, names[i], got, want[i])
			}
		}
	}
}

func TestPatternsThatFitNoWeightAreReported(t *testing.T) {
	o := decode(t, "sgd: {exclude_from_weight_decay: [bais, bias], learning_rate_multipliers: {dense: 2, conv3d: 1}}")
	var got []string
	for _, u := range o.Named([]string{"dense/kernel", "dense/bias"}) {
		got = append(got, u.Option.Name+" "+u.Pattern)
	}
	if want := []string{"learning_rate_multipliers conv3d", "exclude_from_weight_decay bais"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestABrokenGradientIsNamedWhereItIsAccumulated(t *testing.T) {
	o := decode(t, "sgd: {gradient_accumulation_steps: 3}")
	p := newParam([]float32{1, 2}, []float32{0, float32(math.Inf(1))})
	var bad *NonFiniteError
	if err := o.Step([]G.ValueGrad{p}); !errors.As(err, &bad) || !bad.Gradient {
		t.Errorf("got %v", err)
	}
}

// After Reset an optimizer steps as a new one.
func TestResetForgetsEverything(t *testing.T) {
	examples := []string{"sgd: {gradient_accumulation_steps: 3, use_ema: true}", "adam: {lookahead: 2}", "sgd: {lookahead: 3, use_ema: true}", "sgd: {lookahead: 3, swa: 1}"}
	for _, name := range Optimizers.Names() {
		examples = append(examples, Optimizers.Entry(name).Example)
	}
	for _, text := range examples {
		steps := func(o Optimizer, sizes ...int) []float32 {
			var all []G.ValueGrad
			for _, n := range sizes {
				p := newParam(make([]float32, n), make([]float32, n))
				for i := range n {
					p.w.Float32s()[i], p.g.Float32s()[i] = float32(i), float32(n-2*i)
				}
				all = append(all, p)
			}
			for range 4 {
				if err := o.Step(all); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := o.Swap(all); err != nil {
				t.Fatal(err)
			}
			return all[0].(param).w.Float32s()
		}
		o := decode(t, text)
		steps(o, 4, 5)
		o.Reset()
		if got, want := steps(o, 3), steps(decode(t, text), 3); !slices.Equal(got, want) {
			t.Errorf("%s: %v, a new one gives %v", text, got, want)
		}
	}
}

// The algorithm of the paper, in float64: k steps forward, one step back.
func TestLookaheadIsItsDefinition(t *testing.T) {
	for _, accumulate := range []int{1, 2} {
		o := decode(t, fmt.Sprintf("sgd: {learning_rate: 0.1, lookahead: {sync_period: 3, slow_step_size: 0.4}, gradient_accumulation_steps: %d}", accumulate))
		p := newParam([]float32{2}, []float32{0})
		fast, slow := 2.0, 2.0
		for update := 1; update <= 8; update++ {
			for range accumulate {
				p.g.Float32s()[0] = p.w.Float32s()[0] + 1
				if err := o.Step([]G.ValueGrad{p}); err != nil {
					t.Fatal(err)
				}
			}
			if fast -= 0.1 * (fast + 1); update%3 == 0 {
				slow += 0.4 * (fast - slow)
				fast = slow
			}
			if got := float64(p.w.Float32s()[0]); math.Abs(got-fast) > 1e-6 {
				t.Errorf("update %d: the weight is %g, want %g", update, got, fast)
			}
		}
		if swapped, err := o.Swap([]G.ValueGrad{p}); !swapped || err != nil || math.Abs(float64(p.w.Float32s()[0])-slow) > 1e-6 {
			t.Errorf("evaluated with %v, want the slow weight %g; %v", p.w.Float32s(), slow, err)
		}
	}
}

// With ramp_power the slow weights keep a part that grows with the progress, as in airbench94: there
// (1-α)·(t/T)³ after step t of T.
func TestLookaheadGrows(t *testing.T) {
	o := decode(t, "sgd: {learning_rate: 0.1, lookahead: {sync_period: 2, slow_step_size: 0.3, ramp_power: 3}}")
	p := newParam([]float32{2}, []float32{0})
	fast, slow := 2.0, 2.0
	for step := 1.0; step <= 8; step++ {
		o.SetProgress(step / 8)
		p.g.Float32s()[0] = p.w.Float32s()[0] + 1
		if err := o.Step([]G.ValueGrad{p}); err != nil {
			t.Fatal(err)
		}
		if fast -= 0.1 * (fast + 1); int(step)%2 == 0 {
			keep := 0.7 * math.Pow(step/8, 3)
			slow = keep*slow + (1-keep)*fast
			fast = slow
		}
		if got := float64(p.w.Float32s()[0]); math.Abs(got-fast) > 1e-6 {
			t.Errorf("step %g: the weight is %g, want %g", step, got, fast)
		}
	}
}

// The mean of the weights at the ends of epochs, in float64; before the first that counts, the
// weights of the last epoch.
func TestSWAIsTheMeanOfTheWeightsOfEpochs(t *testing.T) {
	o := decode(t, "sgd: {learning_rate: 0.1, swa: {start_epoch: 3}}")
	p := []G.ValueGrad{newParam([]float32{2}, []float32{1})}
	w, sum, n := 2.0, 0.0, 0.0
	for epoch := 1; epoch <= 7; epoch++ {
		for range 2 {
			if err := o.Step(p); err != nil {
				t.Fatal(err)
			}
			w -= 0.1
		}
		if err := o.EndEpoch(p, epoch); err != nil {
			t.Fatal(err)
		}
		if epoch <= 3 {
			sum, n = 0, 0
		}
		sum, n = sum+w, n+1
		if o.Averages(epoch) != (epoch > 3) {
			t.Errorf("epoch %d: averages is %v", epoch, o.Averages(epoch))
		}
		for _, want := range []float64{sum / n, w} { // swapped in, then back
			if _, err := o.Swap(p); err != nil {
				t.Fatal(err)
			}
			if got := float64(p[0].(param).w.Float32s()[0]); math.Abs(got-want) > 1e-6 {
				t.Errorf("epoch %d: %g, want %g", epoch, got, want)
			}
		}
	}
}

// A step with a momentum that was set is that of an optimizer with that momentum.
func TestTheMomentumMayChangeBetweenSteps(t *testing.T) {
	for name, option := range map[string]string{"sgd": "momentum", "rmsprop": "momentum", "adam": "beta_1", "adamw": "beta_1", "adamax": "beta_1", "lamb": "beta_1", "lion": "beta_1"} {
		var ends [2]float32
		for i, momentum := range []float64{0.9, 0.6} {
			o := decode(t, fmt.Sprintf("%s: {learning_rate: 0.01, %s: %g}", name, option, momentum))
			if !o.HasMomentum() {
				t.Errorf("%s has no momentum", name)
			}
			o.SetMomentum(0.6)
			p := newParam([]float32{1}, []float32{0})
			for _, g := range []float32{1, -0.5, 0.1} {
				p.g.Float32s()[0] = g
				if err := o.Step([]G.ValueGrad{p}); err != nil {
					t.Fatal(err)
				}
			}
			ends[i] = p.w.Float32s()[0]
		}
		if ends[0] != ends[1] {
			t.Errorf("%s: %v", name, ends)
		}
	}
	for _, text := range []string{"sgd: 0.1", "rmsprop: 0.1", "adagrad: 0.1", "nadam: 0.1"} {
		if decode(t, text).HasMomentum() {
			t.Errorf("%s has a momentum", text)
		}
	}
}
