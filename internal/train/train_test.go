package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/batch"
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// fake is a model with one weight and gradient 1, so that each step lowers the weight by
// the learning rate. It knows the class of every image, which is its pixel.
type fake struct {
	w, g    *tensor.Dense
	loss    func(step int) float32
	steps   int
	anyStep bool    // accepts steps in any order
	seen    [][]int // labels of each training batch
	tuned   int     // calls of FineTune
}

func newFake() *fake {
	one := func(v float32) *tensor.Dense {
		return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{v}))
	}
	return &fake{w: one(0), g: one(1), loss: func(int) float32 { return 1 }}
}

func (f *fake) ParamName(int) string            { return "layer/w" }
func (f *fake) FirstNonFinite() (string, error) { return "layer", nil }

func (f *fake) Value() G.Value         { return f.w }
func (f *fake) Grad() (G.Value, error) { return f.g, nil }

func (f *fake) Join(func([]float64), func(int, []float32)) {}
func (f *fake) Moving() [][]float32                        { return nil }

func (f *fake) FineTune() { f.tuned++ }

func (f *fake) Classes() int         { return 3 }
func (f *fake) Outputs() (int, bool) { return 3, false }
func (f *fake) Truth(label int) []bool {
	truth := make([]bool, 3)
	truth[label] = true
	return truth
}
func (f *fake) Params() []G.ValueGrad { return []G.ValueGrad{f} }
func (f *fake) Weights() []checkpoint.Tensor {
	return []checkpoint.Tensor{{Name: "layer/w", Shape: []int{1}, Data: f.w.Float32s()}}
}

func (f *fake) Mixes() int  { return 0 }
func (f *fake) Base() int   { return 0 }
func (f *fake) Copies() int { return 0 }
func (f *fake) Extract([]float32, int, bool, []float32) error {
	return errors.New("there is no base")
}
func (f *fake) EvaluateRest([]float32, []int) (float32, []float32, error) {
	return 0, nil, errors.New("there is no base")
}
func (f *fake) Prepare(b batch.Loaded) (batch.Prepared, error) {
	if len(b.Images) != b.N || len(b.Index) != b.N {
		return batch.Prepared{}, fmt.Errorf("%d images, but %d pixels and %d indices", b.N, len(b.Images), len(b.Index))
	}
	return batch.Prepared{Place: b.Place, Images: slices.Clone(b.Images), Labels: slices.Clone(b.Labels)}, nil
}

func (f *fake) Step(prepared batch.Prepared) (float32, []float32, error) {
	if step := prepared.Step; step != f.steps && !f.anyStep {
		return 0, nil, fmt.Errorf("step %d of training is called %d", f.steps, step)
	}
	f.steps++
	f.seen = append(f.seen, append([]int{}, prepared.Labels...))
	return f.loss(f.steps), f.know(prepared.Images), nil
}

func (f *fake) Evaluate(images []float32, labels []int) (float32, []float32, error) {
	return f.loss(f.steps), f.know(images), nil
}

func (f *fake) Observe(batch.Prepared, int) error { return nil }

func (f *fake) know(images []float32) []float32 {
	p := make([]float32, 3*len(images))
	for i, pixel := range images {
		p[3*i+int(pixel)] = 1
	}
	return p
}

// numbers is n examples of one pixel, whose label is the pixel except for the first wrong
// ones.
type numbers struct{ n, wrong int }

func (s numbers) Len() int { return s.n }
func (s numbers) Label(i int) int {
	if i < s.wrong {
		return (i + 1) % 3
	}
	return i % 3
}
func (s numbers) Image(dst []float32, i int) error { dst[0] = float32(i % 3); return nil }

func config(t testing.TB, text string) *Config {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: "+text+"\n"), nil, &problems)
	c := NewConfig(s.Train, &problems)
	s.Train.CheckUnknown(&problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return c
}

func sets(train, val int) *data.Sets {
	s := &data.Sets{Train: numbers{n: train}, Shape: []int{1, 1, 1}}
	if val > 0 {
		s.Val = numbers{n: val, wrong: val / 2}
	}
	return s
}

func TestFitTrainsEveryExampleOnceAnEpoch(t *testing.T) {
	m := newFake()
	state, err := Fit(t.Context(), m, sets(10, 0), config(t, "{epochs: 3, batch_size: 4}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	count := map[int]int{}
	for _, labels := range m.seen {
		sizes = append(sizes, len(labels))
		for _, l := range labels {
			count[l]++
		}
	}
	if len(sizes) != 9 || sizes[2] != 2 || sizes[0] != 4 {
		t.Errorf("batches of %v, want 4 4 2 three times", sizes)
	}
	if count[0] != 12 || count[1] != 9 || count[2] != 9 {
		t.Errorf("saw labels %v times", count)
	}
	if state.Epoch != 3 || state.Step != 3 || state.Steps != 3 {
		t.Errorf("ended at epoch %d, step %d of %d", state.Epoch, state.Step, state.Steps)
	}
}

func TestFitShufflesEachEpochAnewFromTheSeed(t *testing.T) {
	order := func(seed string) (flat []int) {
		m := newFake()
		if _, err := Fit(t.Context(), m, sets(30, 0), config(t, "{epochs: 2, batch_size: 30, seed: "+seed+"}"), nil); err != nil {
			t.Fatal(err)
		}
		return append(m.seen[0], m.seen[1]...)
	}
	same := func(a, b []int) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	a, b, c := order("1"), order("1"), order("2")
	if !same(a, b) {
		t.Error("one seed gave two orders")
	}
	if same(a, c) || same(a[:30], a[30:]) {
		t.Error("two seeds or two epochs gave one order")
	}
}

func TestFiguresAreMeansOverExamples(t *testing.T) {
	m := newFake()
	m.loss = func(step int) float32 { return float32(step) } // 1 for 4 examples, 2 for 4, 3 for 2
	state, err := Fit(t.Context(), m, sets(10, 4), config(t, "{epochs: 1, batch_size: 4}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []callback.Log{{Name: "loss", Value: 1.8}, {Name: "accuracy", Value: 1}, {Name: "val_loss", Value: 3}, {Name: "val_accuracy", Value: 0.5}} {
		if got, ok := state.Logs.Get(want.Name); !ok || math.Abs(got-want.Value) > 1e-9 {
			t.Errorf("%s = %g, want %g", want.Name, got, want.Value)
		}
	}
}

func TestANonFiniteLossStopsAtItsStep(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		m := newFake()
		m.loss = func(step int) float32 {
			if step == 5 {
				return float32(bad)
			}
			return 1
		}
		var epochs, ends int
		_, err := Fit(t.Context(), m, sets(9, 0), config(t, "{epochs: 3, batch_size: 3, optimizer: {sgd: 1}}"), nil, callback.Callback{
			Epoch: func(*callback.State) error { epochs++; return nil },
			End:   func(*callback.State) error { ends++; return nil },
		})
		var n *NonFiniteError
		if !errors.As(err, &n) || n.Epoch != 2 || n.Step != 2 {
			t.Errorf("got %v, want the loss of epoch 2, step 2", err)
		}
		if w := m.w.Float32s()[0]; w != -4 {
			t.Errorf("weight %g: the step with a loss of %g changed it", w, bad)
		}
		if epochs != 1 || ends != 1 {
			t.Errorf("%d epochs, %d ends", epochs, ends)
		}
	}
}

func TestABrokenWeightIsNamedAtItsStep(t *testing.T) {
	m := newFake()
	m.g.Float32s()[0] = float32(math.Inf(1)) // makes the weight non-finite, not the loss
	_, err := Fit(t.Context(), m, sets(3, 0), config(t, "{epochs: 1, batch_size: 3, optimizer: {sgd: 1}}"), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "the gradient of layer/w is not a finite number at epoch 1, step 1") {
		t.Errorf("got %v", err)
	}
}

// Optimizers do not receive the moving averages of batch normalization.
func TestBrokenWeightsAreNeverSaved(t *testing.T) {
	for _, signal := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		keep := &Keep{Save: func(*Saved) error { t.Error("saved"); return nil }}
		_, err := Fit(ctx, newFake(), sets(4, 0), config(t, "{epochs: 1, batch_size: 4}"), keep, callback.Callback{
			Batch: func(s *callback.State) error {
				s.Weights[0].Data[0] = float32(math.NaN())
				if signal {
					cancel()
				}
				return nil
			},
			Epoch: func(*callback.State) error { t.Error("the epoch counts as done"); return nil },
		})
		cancel()
		var n *NonFiniteError
		if !errors.As(err, &n) || n.What != "the weight layer/w" {
			t.Errorf("got %v", err)
		}
	}
}

func TestCancelBreaksOffBetweenSteps(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := newFake()
	state, err := Fit(ctx, m, sets(100, 0), config(t, "{epochs: 3, batch_size: 1}"), nil, callback.Callback{
		Batch: func(s *callback.State) error {
			if s.Epoch == 2 && s.Step == 7 {
				cancel()
			}
			return nil
		},
	})
	if !errors.Is(err, context.Canceled) || !state.Interrupted() {
		t.Errorf("got %v", err)
	}
	if state.Epoch != 2 || state.Step < 7 || state.Step > 8 {
		t.Errorf("ended at epoch %d, step %d", state.Epoch, state.Step)
	}
}

func TestCallbacksAreCalledInOrderAndMayFail(t *testing.T) {
	var calls []string
	note := func(name string, err error) callback.Callback {
		f := func(what string, err error) func(*callback.State) error {
			return func(*callback.State) error { calls = append(calls, name+what); return err }
		}
		return callback.Callback{Start: f("start", nil), Batch: f("batch", nil), Epoch: f("epoch", err), End: f("end", nil)}
	}
	broken := errors.New("broken")
	_, err := Fit(t.Context(), newFake(), sets(2, 0), config(t, "{epochs: 2, batch_size: 1}"), nil, note("a", nil), note("b", broken))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(calls, " "); got != "astart bstart abatch bbatch abatch bbatch aepoch bepoch aend bend" {
		t.Errorf("called %s", got)
	}
}

func TestTheLearningRateOfTheStateIsUsed(t *testing.T) {
	m := newFake()
	_, err := Fit(t.Context(), m, sets(1, 0), config(t, "{epochs: 3, optimizer: {sgd: 1}}"), nil, callback.Callback{
		Epoch: func(s *callback.State) error { s.LearningRate /= 2; return nil },
	})
	if w := m.w.Float32s()[0]; err != nil || w != -1.75 {
		t.Errorf("weight %g, want -(1 + 1/2 + 1/4); %v", w, err)
	}
}

func TestTheScheduleScalesTheLearningRate(t *testing.T) {
	m := newFake()
	var rates []float64
	c := config(t, "{epochs: 3, batch_size: 2, optimizer: {sgd: 1}, schedule: {exponential_decay: {decay_rate: 0.25}}}")
	_, err := Fit(t.Context(), m, sets(4, 0), c, nil, callback.Callback{
		Batch: func(s *callback.State) error { rates = append(rates, s.StepRate); return nil },
		Epoch: func(s *callback.State) error { s.LearningRate *= 2; return nil }, // both apply
	})
	if want := []float64{1, 0.5, 0.5, 0.25, 0.25, 0.125}; err != nil || !slices.Equal(rates, want) {
		t.Errorf("rates %v, want %v; %v", rates, want, err)
	}
	if w := m.w.Float32s()[0]; w != -2.625 {
		t.Errorf("weight %g, want minus the sum of the rates", w)
	}
}

func TestEarlyStoppingEndsFit(t *testing.T) {
	m := newFake()
	state, err := Fit(t.Context(), m, sets(3, 3), config(t, "{epochs: 9, batch_size: 3, optimizer: {sgd: 1}, early_stopping: {patience: 2, restore_best_weights: true}}"), nil)
	if err != nil || state.Epoch != 3 || state.Stopped == "" || state.Restored != 1 {
		t.Errorf("epoch %d, stopped %q, restored %d, %v", state.Epoch, state.Stopped, state.Restored, err)
	}
	if w := m.w.Float32s()[0]; w != -1 {
		t.Errorf("weight %g, want that of epoch 1", w)
	}
}

func TestEvaluateCountsEveryExample(t *testing.T) {
	c := config(t, "{metrics: [accuracy, top_k_categorical_accuracy: 3]}")
	r, err := Evaluate(t.Context(), newFake(), numbers{n: 7, wrong: 2}, 1, 3, c.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	if r.Examples != 7 || math.Abs(r.Metrics[0]-5./7) > 1e-9 || r.Metrics[1] != 1 || r.Loss != 1 {
		t.Errorf("%+v", r)
	}
	if r.Confusion[1][0] != 1 || r.Confusion[2][1] != 1 || r.Confusion[0][0] != 2 {
		t.Errorf("confusion %v", r.Confusion)
	}
}

func TestMonitorsMustExist(t *testing.T) {
	for _, c := range []struct {
		train      string
		validation bool
		want       string
	}{
		{"{early_stopping: 3}", true, "<nil>"},
		{"{early_stopping: {monitor: loss}}", false, "<nil>"},
		{"{early_stopping: 3}", false, `x.yaml:3:25: monitor: there is no "val_loss" without validation data; set validation_split in data, or monitor "loss"`},
		{"{early_stopping: {monitor: val_acuracy}}", true, `x.yaml:3:35: monitor: nothing is called "val_acuracy"; did you mean "val_accuracy"?`},
		{"{early_stopping: {monitor: val_los}}", false, `x.yaml:3:35: monitor: nothing is called "val_los"; did you mean "val_loss"?`},
		{"{early_stopping: {monitor: f1}}", false, `x.yaml:3:35: monitor: nothing is called "f1"; known: loss, accuracy, val_loss, val_accuracy`},
		{"{metrics: [], early_stopping: {monitor: accuracy}}", true, `x.yaml:3:48: monitor: nothing is called "accuracy"; known: loss, val_loss`},
	} {
		var problems spec.Problems
		if config(t, c.train).CheckMonitors(c.validation, &problems); fmt.Sprint(problems.Err()) != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.train, problems.Err(), c.want)
		}
	}
}

func TestMetricsCountOutputsThatThereAre(t *testing.T) {
	var problems spec.Problems
	config(t, "{metrics: [accuracy, precision: {class_id: 9}, recall]}").CheckOutputs(10, &problems)
	config(t, "{metrics: [precision: 0.3, recall: {class_id: 1}]}").CheckOutputs(1, &problems)
	want := `x.yaml:3:54: recall: "class_id" must be below 1, the number of outputs, got 1`
	if got := fmt.Sprint(problems.Err()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMetricsAreNamedOnceWhateverElseIsWrong(t *testing.T) {
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: {epochs: 0, metrics: [accuracy, accuracy]}\n"), nil, &problems)
	NewConfig(s.Train, &problems)
	want := "x.yaml:3:17: train: \"epochs\" must be at least 1, got 0\nx.yaml:3:29: train: metrics names \"accuracy\" twice"
	if err := problems.Err(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestEveryWrongMonitorIsReported(t *testing.T) {
	c := config(t, "{}")
	for _, name := range []string{"val_loss", "f1"} {
		c.Callbacks = append(c.Callbacks, callback.Callback{Watches: &callback.Monitor{Name: name, Field: &catalog.Field{Pos: spec.Pos{File: name}}}})
	}
	var problems spec.Problems
	if c.CheckMonitors(false, &problems); problems.Len() != 2 {
		t.Errorf("got %v", problems.Err())
	}
}

func TestBestFollowsEarlyStopping(t *testing.T) {
	for _, c := range []struct {
		text       string
		validation bool
		want       string
	}{
		{"{}", true, "val_loss"},
		{"{}", false, "loss"},
		{"{early_stopping: {monitor: val_accuracy}}", true, "val_accuracy"},
	} {
		if got := config(t, c.text).Best(c.validation).Name; got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// broken is examples of which one cannot be read.
type broken struct{ numbers }

var errBroken = errors.New("4.png: damaged image")

func (b broken) Image(dst []float32, i int) error {
	if i == 4 {
		return errBroken
	}
	return b.numbers.Image(dst, i)
}

func TestNothingRunsOnAfterFit(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	stop := errors.New("stop")
	for name, c := range map[string]struct {
		ctx      context.Context
		examples dataset.Examples
		batch    func(*callback.State) error
		want     error
	}{
		"an image that cannot be read": {t.Context(), broken{numbers{n: 9}}, nil, errBroken},
		"a callback that fails":        {t.Context(), numbers{n: 9}, func(*callback.State) error { return stop }, stop},
		"an interruption":              {ctx, numbers{n: 9}, func(*callback.State) error { cancel(); return nil }, context.Canceled},
	} {
		_, err := Fit(c.ctx, newFake(), &data.Sets{Train: c.examples, Shape: []int{1, 1, 1}, Classes: []string{"0", "1", "2"}},
			config(t, "{epochs: 3, batch_size: 2}"), nil, callback.Callback{Batch: c.batch})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		for wait := 0; runtime.NumGoroutine() > before && wait < 100; wait++ {
			time.Sleep(time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%s: %d goroutines more", name, n-before)
		}
	}
}

// Validation, callbacks after an epoch and saved states get the averages of the weights;
// training goes on with the weights themselves.
func TestAveragesOfWeightsAreWhatIsEvaluatedAndSaved(t *testing.T) {
	var during, after, saved, hidden []float32
	m := newFake()
	keep := &Keep{Save: func(s *Saved) error {
		saved = append(saved, s.Tensors[0].Data[0])
		for _, w := range s.Tensors {
			if w.Name == OptimizerPrefix+optimizer.HiddenSlot+"/0" {
				hidden = append(hidden, w.Data[0])
			}
		}
		return nil
	}}
	c := config(t, "{epochs: 3, batch_size: 1, optimizer: {sgd: {learning_rate: 1, use_ema: true, ema_momentum: 0.5}}}")
	_, err := Fit(t.Context(), m, sets(2, 2), c, keep, callback.Callback{
		Batch: func(s *callback.State) error { during = append(during, s.Weights[0].Data[0]); return nil },
		Epoch: func(s *callback.State) error { after = append(after, s.Weights[0].Data[0]); return nil },
	})
	// The averages after each step: -1, -1.5, -2.25, -3.125, -4.0625, -5.03125.
	averages := []float32{-1.5, -3.125, -5.03125}
	if err != nil || !slices.Equal(during, []float32{-1, -2, -3, -4, -5, -6}) || !slices.Equal(hidden, []float32{-2, -4, -6}) {
		t.Errorf("trained %v, hidden in states %v, %v", during, hidden, err)
	}
	if !slices.Equal(after, averages) || !slices.Equal(saved, averages) || m.w.Float32s()[0] != averages[2] {
		t.Errorf("after epochs %v, saved %v, at the end %v, want the averages %v", after, saved, m.w.Float32s(), averages)
	}
}

func TestCyclingTheMomentumNeedsOne(t *testing.T) {
	for text, want := range map[string]string{
		"{optimizer: {sgd: {momentum: 0.9}}, schedule: {one_cycle: {cycle_momentum: true}}}": "",
		"{optimizer: {sgd: 0.1}, schedule: one_cycle}":                                       "",
		"{optimizer: sgd, schedule: {one_cycle: {cycle_momentum: true}}}":                    "x.yaml:3:35: train: cycle_momentum needs an optimizer with momentum, such as sgd: {momentum: 0.9}",
		"{optimizer: nadam, schedule: {one_cycle: {cycle_momentum: true}}}":                  "x.yaml:3:37: train: cycle_momentum needs an optimizer with momentum, such as sgd: {momentum: 0.9}",
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: "+text+"\n"), nil, &problems)
		NewConfig(s.Train, &problems)
		if got := fmt.Sprint(problems.Err()); got != want && (want != "" || problems.Err() != nil) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// ftrl divides by the learning rate: a rate of 0 ended training in the first step.
func TestARateOf0IsRejectedWhereItDivides(t *testing.T) {
	const wrong = "train: the optimizer divides by the learning rate, which must not become 0; leave warmup_epochs out, and let decays end at an alpha above 0"
	for text, want := range map[string]string{
		"{optimizer: ftrl, schedule: polynomial_decay}":                                                         "",
		"{optimizer: adam, schedule: {cosine_decay: {warmup_epochs: 1}}}":                                       "",
		"{optimizer: ftrl, schedule: {cosine_decay: {decay_epochs: 5, alpha: 0.1}}}":                            "",
		"{optimizer: ftrl, schedule: {cosine_decay: {warmup_epochs: 0.1}}}":                                     "x.yaml:3:36: " + wrong,
		"{optimizer: ftrl, schedule: {cosine_decay: {decay_epochs: 5}}}":                                        "x.yaml:3:36: " + wrong,
		"{optimizer: ftrl, schedule: {cosine_decay: {decay_epochs: 0.5}}, epochs: 1}":                           "x.yaml:3:36: " + wrong,
		"{optimizer: ftrl, schedule: cosine_decay, epochs: 10000}":                                              "",
		"{optimizer: ftrl, schedule: {cosine_decay: {decay_epochs: 5}}, fine_tune: {frozen_epochs: 4}}":         "",
		"{optimizer: ftrl, schedule: {constant: {warmup_epochs: 2}}, fine_tune: {frozen_epochs: 4}, epochs: 5}": "x.yaml:3:36: " + wrong,
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: "+text+"\n"), nil, &problems)
		NewConfig(s.Train, &problems)
		if got := fmt.Sprint(problems.Err()); got != want && (want != "" || problems.Err() != nil) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
