package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/train/callback"
)

// everything is a training that uses every component with a state, others one with what excludes
// some of them.
const (
	everything = `{epochs: 8, batch_size: 3, metrics: [accuracy, f1_score, auc: 20, top_k_categorical_accuracy: 2],
	optimizer: {sgd: {learning_rate: 0.5, momentum: 0.9, gradient_accumulation_steps: 2, use_ema: true, ema_momentum: 0.75, ema_overwrite_frequency: 3}}, schedule: {cosine_decay: {warmup_epochs: 2}},
	early_stopping: {patience: 2, restore_best_weights: true}, reduce_lr_on_plateau: {patience: 1, factor: 0.5}}`
	others = `{epochs: 8, batch_size: 3, optimizer: {sgd: {learning_rate: 0.5, momentum: 0.9, swa: 2, lookahead: {sync_period: 3, slow_step_size: 0.3, ramp_power: 2}}},
	schedule: {one_cycle: {cycle_momentum: true}}, early_stopping: {patience: 2, restore_best_weights: true}}`
)

// wavy is a loss that decreases and increases in turn.
func wavy(step int) float32 { return float32(2 + math.Sin(float64(step)/4)) }

// history trains fake with the train section text and returns all observable results: the metrics and
// learning rates of each epoch, and the final weight and state.
func history(t *testing.T, ctx context.Context, text string, keep *Keep, steps int) (string, error) {
	t.Helper()
	m := newFake()
	m.loss, m.steps = wavy, steps
	var epochs []string
	state, err := Fit(ctx, m, sets(10, 4), config(t, text), keep, callback.Callback{
		Epoch: func(s *callback.State) error {
			epochs = append(epochs, fmt.Sprintln(s.Epoch, s.Logs, s.StepRate, s.LearningRate, s.Weights[0].Data))
			return nil
		},
		Kept: []any{&epochs},
	})
	return fmt.Sprintln(epochs, m.w.Float32s(), state.Epoch, state.Restored, state.Stopped), err
}

// copied returns a deep copy of s.
func copied(s *Saved) *Saved {
	c := *s
	c.Tensors = slices.Clone(s.Tensors)
	for i := range c.Tensors {
		c.Tensors[i].Data = slices.Clone(c.Tensors[i].Data)
	}
	return &c
}

// stepsOf returns the number of steps before the state, with 4 steps per epoch.
func stepsOf(s *Saved) (steps int) {
	if !s.Within {
		return 4 * s.Epoch
	}
	_, after, _ := strings.Cut(s.State, `"step":`)
	fmt.Sscan(strings.Split(after, ",")[0], &steps)
	return 4*(s.Epoch-1) + steps
}

func TestTrainingGoesOnFromEveryStepAsIfNothingHadBeen(t *testing.T) {
	for _, text := range []string{everything, others} {
		goesOnFromEveryStep(t, text)
	}
}

func goesOnFromEveryStep(t *testing.T, text string) {
	var all []*Saved
	want, err := history(t, t.Context(), text, &Keep{Every: 1, Save: func(s *Saved) error { all = append(all, copied(s)); return nil }}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(want, "has not improved") || len(all) < 20 {
		t.Fatalf("not much of a test: %d states, %s", len(all), want)
	}
	for _, from := range all[:len(all)-1] { // the last one has the weights of the best epoch
		got, err := history(t, t.Context(), text, &Keep{From: from}, stepsOf(from))
		if err != nil || got != want {
			t.Fatalf("from epoch %d, %s:\n%s, %v\nwant\n%s", from.Epoch, from.State, got, err, want)
		}
	}
	// It has the best weights once: as the weights of the model.
	copies := func(s *Saved) (n int) {
		for _, t := range s.Tensors {
			if strings.HasPrefix(t.Name, checkpoint.StatePrefix+"callback-") {
				n++
			}
		}
		return n
	}
	if before, after := copies(all[len(all)-2]), copies(all[len(all)-1]); before != 1 || after != 0 {
		t.Errorf("copies of the best weights: %d before the end, %d after", before, after)
	}
	// Also from the final state, when only the end of training is left to do.
	got, err := history(t, t.Context(), text, &Keep{From: all[len(all)-1]}, 0)
	if err != nil || got != want {
		t.Errorf("from the end: %s, %v", got, err)
	}
}

func TestAnInterruptionIsSavedOnceAndGoneOnWith(t *testing.T) {
	for _, text := range []string{everything, others} {
		goesOnAfterInterruptions(t, text)
	}
}

func goesOnAfterInterruptions(t *testing.T, text string) {
	want, err := history(t, t.Context(), text, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop <= 20; stop++ {
		ctx, cancel := context.WithCancel(t.Context())
		m := newFake()
		m.loss = wavy
		var saved *Saved
		var epochs []string
		_, err := Fit(ctx, m, sets(10, 4), config(t, text), &Keep{Save: func(s *Saved) error { saved = copied(s); return nil }}, callback.Callback{
			Batch: func(s *callback.State) error {
				if m.steps == stop {
					cancel()
				}
				return nil
			},
			Epoch: func(s *callback.State) error {
				epochs = append(epochs, fmt.Sprintln(s.Epoch, s.Logs, s.StepRate, s.LearningRate, s.Weights[0].Data))
				return nil
			},
			Kept: []any{&epochs},
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if got, err := history(t, t.Context(), text, &Keep{From: saved}, stepsOf(saved)); err != nil || got != want {
			t.Fatalf("stopped at step %d: %s, %v\nwant\n%s", stop, got, err, want)
		}
	}
}

// A state between two epochs is that of the first of them, also if the second one has begun.
func TestAnInterruptionBetweenEpochsIsOfTheFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var saved *Saved
	save := func(s *Saved) error {
		if s.Epoch == 2 {
			cancel()
		}
		saved = copied(s)
		return nil
	}
	_, err := Fit(ctx, newFake(), sets(10, 4), config(t, "{epochs: 4, batch_size: 3, optimizer: {sgd: 0.1}}"), &Keep{Save: save})
	if !errors.Is(err, context.Canceled) || saved.Epoch != 2 || saved.Within {
		t.Errorf("saved epoch %d, within %v, %v", saved.Epoch, saved.Within, err)
	}
}

func TestAStateOfAnotherTrainingIsRefused(t *testing.T) {
	var saved *Saved
	if _, err := history(t, t.Context(), everything, &Keep{Save: func(s *Saved) error { saved = copied(s); return nil }}, 0); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*Saved){
		"no JSON":          func(s *Saved) { s.State = "x" },
		"a negative epoch": func(s *Saved) { s.State = strings.Replace(s.State, `"epochs":`, `"epochs":-`, 1) },
		"too many epochs":  func(s *Saved) { s.State = strings.Replace(s.State, `"epochs":`, `"epochs":9`, 1) },
		"other callbacks":  func(s *Saved) { s.State = strings.Replace(s.State, `"callbacks":[`, `"callbacks":[[],`, 1) },
		"other memories":   func(s *Saved) { s.State = strings.Replace(s.State, `"callbacks":[[`, `"callbacks":[["x",`, 1) },
		"no momentum":      func(s *Saved) { s.Tensors = s.Tensors[:1] },
	} {
		s := copied(saved)
		change(s)
		if _, err := history(t, t.Context(), everything, &Keep{From: s}, 0); !errors.Is(err, errOtherTraining) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// lowering is a training whose loss is NaN in a step as long as the learning rate is above
// limit. It returns the learning rates of all steps.
func lowering(t *testing.T, step int, limit float64) (rates []float64, err error) {
	t.Helper()
	var last *Saved
	m := newFake()
	rate := 1.0
	m.loss = func(at int) float32 {
		if at == step && rate > limit {
			return float32(math.NaN())
		}
		return 1
	}
	keep := &Keep{
		Save: func(s *Saved) error { last = copied(s); return nil },
		Back: func(error) (*Saved, error) { m.steps = stepsOf(last); return last, nil },
	}
	_, err = Fit(t.Context(), m, sets(8, 0), config(t, "{epochs: 2, batch_size: 2, optimizer: {sgd: 1}, on_nan: lower-lr}"), keep, callback.Callback{
		Batch: func(s *callback.State) error { rates, rate = append(rates, s.StepRate), s.LearningRate; return nil },
	})
	if err == nil && m.w.Float32s()[0] > -1 {
		t.Errorf("ended with a weight of %g", m.w.Float32s()[0])
	}
	return rates, err
}

func TestOnNaNTheLearningRateIsLoweredAndTheEpochBegunAgain(t *testing.T) {
	rates, err := lowering(t, 6, 0.5)
	if want := []float64{1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5}; err != nil || !slices.Equal(rates, want) {
		t.Errorf("in the second epoch: rates %v, %v, want %v", rates, err, want)
	}
	rates, err = lowering(t, 2, 0.25)
	if want := []float64{1, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25}; err != nil || !slices.Equal(rates, want) {
		t.Errorf("in the first epoch: rates %v, %v, want %v", rates, err, want)
	}
	if _, err = lowering(t, 6, 0); err == nil || !strings.Contains(err.Error(), "10 times over, did not help") {
		t.Errorf("got %v", err)
	}
}

// For any state, training resumes from it or returns an error, and ends.
func FuzzState(f *testing.F) {
	var saved []*Saved
	m := newFake()
	if _, err := Fit(f.Context(), m, sets(10, 4), config(f, everything), &Keep{Every: 1, Save: func(s *Saved) error {
		saved = append(saved, copied(s))
		return nil
	}}); err != nil {
		f.Fatal(err)
	}
	for _, s := range saved {
		f.Add(s.State)
	}
	f.Fuzz(func(t *testing.T, state string) {
		s := copied(saved[len(saved)/2])
		s.State = state
		m := newFake()
		m.anyStep = true
		_, err := Fit(t.Context(), m, sets(10, 4), config(t, everything), &Keep{From: s})
		if err != nil && !errors.Is(err, errOtherTraining) && !errors.As(err, new(*NonFiniteError)) {
			t.Error(err)
		}
	})
}
