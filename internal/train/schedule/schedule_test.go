package schedule

import (
	"math"
	"strings"
	"testing"

	"cnntrain/internal/spec"
)

func decode(t *testing.T, text string) Schedule {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), nil, &problems)
	c, _ := Schedules.Decode(s.Layers[0], &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return c
}

// Expected values are from keras.optimizers.schedules with ten steps per epoch.
func TestSchedulesHaveTheFiguresOfKeras(t *testing.T) {
	for _, c := range []struct {
		schedule string
		epochs   int
		steps    []float64
		want     []float64
	}{
		{"constant", 10, []float64{0, 7, 100}, []float64{1, 1, 1}},
		{"step_decay: {epochs: 2, factor: 0.5}", 10, []float64{0, 19, 20, 39, 40, 95}, []float64{1, 1, 0.5, 0.5, 0.25, 0.0625}},
		{"exponential_decay: {decay_rate: 0.9, decay_epochs: 2}", 10, []float64{0, 5, 20, 33}, []float64{1, 0.9740037, 0.9, 0.8404272}},
		{"exponential_decay: {decay_rate: 0.9, decay_epochs: 2, staircase: true}", 10, []float64{0, 5, 20, 33, 59}, []float64{1, 1, 0.9, 0.9, 0.81}},
		{"cosine_decay", 10, []float64{0, 5, 33, 50, 99, 100}, []float64{1, 0.9938442, 0.7545207, 0.5, 0.0002467334, 0}},
		{"cosine_decay: {decay_epochs: 10}", 30, []float64{0, 33, 100, 200}, []float64{1, 0.7545207, 0, 0}},
		{"cosine_decay: {alpha: 0.1, warmup_epochs: 2}", 10, []float64{0, 5, 20, 33, 60, 100, 120}, []float64{0, 0.25, 1, 0.9426232, 0.55, 0.1, 0.1}},
		{"cosine_decay: {warmup_epochs: 5}", 3, []float64{0, 25}, []float64{0, 0.5}},
		{"cosine_decay: {warmup_epochs: 0.5}", 1, []float64{0, 2, 5, 6, 9, 10}, []float64{0, 0.4, 1, 0.9045085, 0.0954915, 0}},
		{"cosine_decay: {warmup_epochs: 2.5, alpha: 0.1}", 3, []float64{25, 29}, []float64{1, 0.1859424}},
		{"polynomial_decay: {warmup_epochs: 0.5}", 1, []float64{2, 5, 6, 9, 10}, []float64{0.4, 1, 0.8, 0.2, 0}},
		{"cosine_decay_restarts: {first_decay_epochs: 2}", 10, []float64{0, 5, 19, 20, 40, 59, 60, 100, 139, 140},
			[]float64{1, 0.8535534, 0.0061558187, 1, 0.5, 0.0015413165, 1, 0.5, 0.00038549304, 1}},
		{"cosine_decay_restarts: {first_decay_epochs: 1.5, t_mul: 1, m_mul: 0.5, alpha: 0.1}", 10, []float64{0, 7, 15, 29, 30, 44, 45},
			[]float64{1, 0.5970378, 0.55, 0.10491680, 0.325, 0.10245839, 0.2125}},
		{"cosine_decay_restarts: {first_decay_epochs: 2, t_mul: 1.5, m_mul: 0.8}", 10, []float64{0, 10, 19, 20, 35, 50, 51, 95, 96},
			[]float64{1, 0.5, 0.0061558187, 0.8, 0.4, 0.64, 0.63922054, 0.512, 0.5117228}},
		{"polynomial_decay", 10, []float64{0, 25, 99, 100, 120}, []float64{1, 0.75, 0.01, 0, 0}},
		{"polynomial_decay: {decay_epochs: 3, alpha: 0.1, power: 2}", 10, []float64{0, 10, 29, 30, 50}, []float64{1, 0.5, 0.101, 0.1, 0.1}},
		{"polynomial_decay: {decay_epochs: 2, alpha: 0.01, power: 0.5, cycle: true}", 10, []float64{0, 10, 20, 21, 40, 50, 61},
			[]float64{1, 0.71003568, 0.01, 0.69231039, 0.01, 0.41416583, 0.49246633}},
		// boundaries=[19, 44] in Keras
		{"piecewise_constant_decay: {boundaries: [2, 4.5], factors: [1, 0.1, 0.01]}", 10, []float64{0, 19, 20, 44, 45, 90}, []float64{1, 1, 0.1, 0.1, 0.01, 0.01}},
		{"inverse_time_decay: {decay_rate: 0.5, decay_epochs: 2}", 10, []float64{0, 5, 20, 90}, []float64{1, 0.8888889, 0.6666667, 0.3076923}},
		{"inverse_time_decay: {decay_rate: 0.5, decay_epochs: 2, staircase: true}", 10, []float64{0, 19, 20, 39, 40}, []float64{1, 1, 0.6666667, 0.6666667, 0.5}},
	} {
		s := decode(t, c.schedule)
		for i, step := range c.steps {
			if got := s.Factor(step/10, float64(c.epochs)); math.Abs(got-c.want[i]) > 1e-6 {
				t.Errorf("%s of %d epochs, step %g: %g, want %g", c.schedule, c.epochs, step, got, c.want[i])
			}
		}
	}
}

// The formula of PyTorch's OneCycleLR for a step at a fraction of the training.
func TestOneCycleIsItsDefinition(t *testing.T) {
	for _, c := range []struct {
		schedule            string
		rise, div, finalDiv float64
		linear              bool
	}{
		{"one_cycle", 0.3, 25, 1e4, false},
		{"one_cycle: {pct_start: 0.25, div_factor: 10, final_div_factor: 100, anneal_strategy: linear}", 0.25, 10, 100, true},
	} {
		anneal := func(from, to, share float64) float64 {
			if c.linear {
				return (to-from)*share + from
			}
			return to + (from-to)/2*(1+math.Cos(math.Pi*share))
		}
		s := decode(t, c.schedule)
		for step := range 101 {
			share := float64(step) / 100
			want := anneal(1, 1/c.div/c.finalDiv, (share-c.rise)/(1-c.rise))
			if share < c.rise {
				want = anneal(1/c.div, 1, share/c.rise)
			}
			if got := s.Factor(share*8, 8); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s, step %d: %g, want %g", c.schedule, step, got, want)
			}
		}
	}
}

// Each schedule begins at the end of its warmup, with the epochs that are left.
func TestEveryScheduleHasAWarmup(t *testing.T) {
	for _, name := range Schedules.Names() {
		example := Schedules.Entry(name).Example
		if name == "cosine_decay" {
			example = name // its own has a warmup
		}
		warm := name + ": {warmup_epochs: 1.5, "
		if _, options, ok := strings.Cut(example, "{"); ok {
			warm += options
		} else {
			warm += "}"
		}
		s, w := decode(t, example), decode(t, warm)
		first := s.Factor(0, 8.5)
		for i, share := range []float64{0, 0.5, 1} {
			if got, want := w.Factor(share*1.5, 10), share*first; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: %g at %d/2 of the warmup, want %g", warm, got, i, want)
			}
		}
		for done := 0.0; done < 9; done += 0.25 {
			if got, want := w.Factor(1.5+done, 10), s.Factor(done, 8.5); got != want {
				t.Errorf("%s: %g %g epochs after the warmup, want %g", warm, got, done, want)
			}
		}
	}
}

func TestAWarmupMayTakeTheWholeTraining(t *testing.T) {
	for _, name := range Schedules.Names() {
		options := strings.TrimSuffix(strings.TrimPrefix(Schedules.Entry(name).Example, name), "}")
		if name == "cosine_decay" || options == "" {
			options = ": {"
		} else {
			options += ", "
		}
		for _, warmup := range []string{"1", "3"} {
			s := decode(t, name+options+"warmup_epochs: "+warmup+"}")
			for done := 0.0; done <= 1; done += 0.25 {
				momentum, _ := Momentum(s, done, 1)
				if got := s.Factor(done, 1); !(got >= 0 && got <= 1) || math.IsNaN(momentum) {
					t.Errorf("%s: %g and momentum %g at %g of 1 epoch, %s of warmup", name, got, momentum, done, warmup)
				}
			}
		}
	}
}

// The cycle is as long as what the warmup leaves, be it less than an epoch.
func TestOneCycleAfterAWarmupReachesItsEnd(t *testing.T) {
	s := decode(t, "one_cycle: {warmup_epochs: 0.5, pct_start: 0.5, anneal_strategy: linear}")
	for done, want := range map[float64]float64{0.25: 0.02, 0.5: 0.04, 0.75: 1, 1: 4e-6} {
		if got := s.Factor(done, 1); math.Abs(got-want) > 1e-12 {
			t.Errorf("%g at %g of 1 epoch, want %g", got, done, want)
		}
	}
}

func TestPiecesMustFitTheirBoundaries(t *testing.T) {
	for options, want := range map[string]string{
		"{boundaries: [2, 2], factors: [1, 1, 1]}": "boundaries must rise",
		"{boundaries: [2], factors: [1]}":          "factors must be one more than boundaries, 2; got 1",
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- piecewise_constant_decay: "+options+"\n"), nil, &problems)
		Schedules.Decode(s.Layers[0], &problems)
		if err := problems.Err(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", options, err, want)
		}
	}
}

// The values of PyTorch's OneCycleLR with cycle_momentum for a step at a fraction of the training.
func TestOneCycleCyclesTheMomentum(t *testing.T) {
	for text, want := range map[string][]float64{ // at the start, at 1/8, 1/4, 5/8 and at the end
		"one_cycle: {pct_start: 0.25, cycle_momentum: true}":                                                                 {0.95, 0.9, 0.85, 0.9, 0.95},
		"one_cycle: {pct_start: 0.25, cycle_momentum: true, base_momentum: 0.5, max_momentum: 0.9, anneal_strategy: linear}": {0.9, 0.7, 0.5, 0.7, 0.9},
	} {
		s := decode(t, text)
		for i, share := range []float64{0, 0.125, 0.25, 0.625, 1} {
			if got, ok := Momentum(s, share*8, 8); !ok || math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("%s at %g: %g, want %g", text, share, got, want[i])
			}
		}
		warm := decode(t, strings.Replace(text, "{", "{warmup_epochs: 2, ", 1))
		for i, done := range []float64{1, 2, 4} {
			if got, ok := Momentum(warm, done, 10); !ok || math.Abs(got-want[max(0, 2*i-2)]) > 1e-12 {
				t.Errorf("%s after %g epochs of warmup: %g", text, done, got)
			}
		}
	}
	for _, text := range []string{"one_cycle", "cosine_decay", "step_decay: {epochs: 2, factor: 0.5, warmup_epochs: 1}"} {
		if _, ok := Momentum(decode(t, text), 1, 10); ok {
			t.Errorf("%s sets the momentum", text)
		}
	}
}

// Periods of whole steps end at these, also if they are no whole epochs: 0.3/0.1 is less than 3.
func TestPeriodsEndAtTheirSteps(t *testing.T) {
	for _, c := range [][2]int{{1, 10}, {3, 10}, {7, 49}, {1000, 1563}, {10, 3}} {
		period, steps := float64(c[0]), float64(c[1])
		for name, s := range map[string]Schedule{
			"exponential_decay":             &exponentialDecay{rate: 0.5, epochs: period / steps, staircase: true},
			"inverse_time_decay":            &inverseTimeDecay{rate: 1, epochs: period / steps, staircase: true},
			"cosine_decay_restarts":         &cosineDecayRestarts{first: period / steps, longer: 1, lower: 0.5},
			"polynomial_decay":              &polynomialDecay{power: 1, alpha: 0.25, decay: period / steps, cycle: true},
			"cosine_decay_restarts, longer": &cosineDecayRestarts{first: period / steps, longer: 2, lower: 0.5},
		} {
			for n := 1.0; n < 100; n++ {
				at, want := n, math.Pow(0.5, n)
				switch name {
				case "inverse_time_decay":
					want = 1 / (1 + n)
				case "polynomial_decay": // the last step of a cycle
					want = 0.25
				case "cosine_decay_restarts, longer": // after 1, 1 + 2, 1 + 2 + 4 times the first period
					if n > 10 {
						continue
					}
					at = math.Pow(2, n) - 1
				}
				if got := s.Factor(at*period/steps, 1e9); math.Abs(got-want) > 1e-7*want {
					t.Errorf("%s of %g steps, %g an epoch: %g after %g periods, want %g", name, period, steps, got, at, want)
				}
			}
		}
	}
}
