package callback

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/spec"
)

// early decodes early_stopping with the given options.
func early(t *testing.T, options string) Callback {
	t.Helper()
	return decode(t, "early_stopping: "+options)
}

func decode(t *testing.T, text string) Callback {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), nil, &problems)
	c, _ := Callbacks.Decode(s.Layers[0], &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return c
}

// play runs a callback through epochs with the given val_loss. The one weight of the model
// is the number of the epoch.
func play(t *testing.T, c Callback, losses []float64) *State {
	t.Helper()
	s := &State{Epochs: len(losses), Weights: []checkpoint.Tensor{{Name: "w", Shape: []int{1}, Data: []float32{0}}}}
	for i, l := range losses {
		s.Epoch = i + 1
		s.Weights[0].Data[0] = float32(s.Epoch)
		s.Logs = Logs{{"val_loss", l}, {"val_accuracy", -l}}
		if err := c.Epoch(s); err != nil {
			t.Fatal(err)
		}
		if s.Stopped != "" {
			break
		}
	}
	if c.End != nil {
		if err := c.End(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestEarlyStopping(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name, options string
		losses        []float64
		last          int     // the last epoch that ran
		weight        float32 // the epoch of the model's final weights
	}{
		{"stops after patience epochs without improvement", "2", []float64{3, 2, 2.5, 2.4, 1, 1}, 4, 4},
		{"waits anew after each improvement", "2", []float64{3, 4, 2, 4, 1, 4, 4, 4}, 7, 7},
		{"never stops while it improves", "1", []float64{5, 4, 3, 2}, 4, 4},
		{"restores the best weights", "{patience: 2, restore_best_weights: true}", []float64{3, 2, 2.5, 2.4, 1}, 4, 2},
		{"restores them too when all epochs have run", "{patience: 9, restore_best_weights: true}", []float64{3, 1, 2}, 3, 2},
		{"takes a change of min_delta for none", "{patience: 2, min_delta: 0.5}", []float64{3, 2.6, 2.55, 1}, 3, 3},
		{"an equal value is no improvement", "{patience: 1, restore_best_weights: true}", []float64{3, 3, 1}, 2, 1},
		{"watches an accuracy upwards", "{patience: 1, monitor: val_accuracy, restore_best_weights: true}", []float64{3, 2, 2.5, 1}, 3, 2},
		{"mode max turns the direction", "{patience: 1, mode: max, restore_best_weights: true}", []float64{3, 4, 2, 9}, 3, 2},
		{"lets the first epochs pass", "{patience: 1, start_from_epoch: 3}", []float64{1, 2, 3, 4, 5}, 5, 5},
		{"patience 0 stops at the first epoch that is not better", "0", []float64{3, 2, 2.5, 1}, 3, 3},
		{"NaN is never an improvement", "{patience: 2, restore_best_weights: true}", []float64{3, nan, nan, 1}, 3, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, early(t, c.options), c.losses)
			if s.Epoch != c.last || s.Weights[0].Data[0] != c.weight {
				t.Errorf("ended after epoch %d with the weights of epoch %g, want %d and %g", s.Epoch, s.Weights[0].Data[0], c.last, c.weight)
			}
			if c.last < len(c.losses) && s.Stopped == "" {
				t.Error("does not say why it stopped")
			}
		})
	}
}

// The state after an epoch does not depend on how many were planned, so that a finished run
// can be trained longer.
func TestEarlyStoppingInTheLastEpochIsRecorded(t *testing.T) {
	short, long := play(t, early(t, "2"), []float64{3, 2, 2.5, 2.4}), play(t, early(t, "2"), []float64{3, 2, 2.5, 2.4, 1})
	if short.Stopped == "" || short.Stopped != long.Stopped {
		t.Errorf("of 4 epochs: %q, of 5: %q", short.Stopped, long.Stopped)
	}
}

func TestEarlyStoppingKeepsBrokenTrainingAsItIs(t *testing.T) {
	c := early(t, "{patience: 2, restore_best_weights: true}")
	s := &State{Epochs: 2, Epoch: 1, Logs: Logs{{"val_loss", 1}}, Weights: []checkpoint.Tensor{{Data: []float32{1}}}}
	if err := c.Epoch(s); err != nil {
		t.Fatal(err)
	}
	s.Weights[0].Data[0], s.Err = 2, errors.New("broken")
	if err := c.End(s); err != nil || s.Weights[0].Data[0] != 2 {
		t.Errorf("weights %v, %v", s.Weights, err)
	}
}

func TestEarlyStoppingNeedsItsFigure(t *testing.T) {
	err := early(t, "3").Epoch(&State{Epoch: 1, Logs: Logs{{"loss", 1}}})
	if want := `early_stopping: nothing called "val_loss" to watch`; fmt.Sprint(err) != want {
		t.Errorf("got %v", err)
	}
}

func TestModelCheckpointSavesTheBest(t *testing.T) {
	var saved []int
	c := ModelCheckpoint(NewMonitor("val_loss"), func(s *State) error { saved = append(saved, s.Epoch); return nil })
	play(t, c, []float64{3, 4, 2})
	if !slices.Equal(saved, []int{1, 3}) {
		t.Errorf("saved %v", saved)
	}
}

// The best weights on disk are those that early stopping would restore.
func TestModelCheckpointFollowsTheMonitorOfEarlyStopping(t *testing.T) {
	for _, c := range []struct {
		options string
		saved   []float32
	}{
		{"{patience: 3, min_delta: 0.5}", []float32{1, 4}},
		{"{patience: 3, start_from_epoch: 2}", []float32{1, 2, 3, 4}},
		{"{patience: 9, restore_best_weights: true}", []float32{1, 2, 4}},
	} {
		var saved []float32
		stop := early(t, c.options)
		m := *stop.Watches
		check := ModelCheckpoint(&m, func(s *State) error { saved = append(saved, s.Weights[0].Data[0]); return nil })
		play(t, Callback{
			Epoch: func(s *State) error { return errors.Join(stop.Epoch(s), check.Epoch(s)) },
			End:   stop.End,
		}, []float64{3, 2.8, 2.9, 2, 2.1})
		if !slices.Equal(saved, c.saved) {
			t.Errorf("%s: saved %v, want %v", c.options, saved, c.saved)
		}
	}
}

func TestEpochLoggerTimesEpochs(t *testing.T) {
	var got []EpochLog
	now := time.Unix(0, 0)
	c := EpochLogger(100, func() time.Time { return now }, func(l *EpochLog) error {
		got = append(got, *l)
		return nil
	})
	if err := c.Start(&State{}); err != nil {
		t.Fatal(err)
	}
	for epoch := 1; epoch <= 2; epoch++ {
		s := &State{Epoch: epoch, Step: 1, Steps: 1, StepRate: 0.001, Logs: Logs{{"loss", 1.5 / float64(epoch)}}}
		now = now.Add(time.Second)
		if err := c.Batch(s); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second) // of validation
		if err := c.Epoch(s); err != nil {
			t.Fatal(err)
		}
	}
	want := []EpochLog{{1, Logs{{"loss", 1.5}}, 0.001, 2, 100}, {2, Logs{{"loss", 0.75}}, 0.001, 2, 100}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReduceLROnPlateau(t *testing.T) {
	for _, c := range []struct {
		name, options string
		losses        []float64
		want          []float64 // the learning rate after each epoch
	}{
		{"reduces after patience epochs without improvement", "patience: 2", []float64{3, 2, 2, 2, 2, 2}, []float64{1, 1, 1, 0.5, 0.5, 0.25}},
		{"waits anew after an improvement", "patience: 2", []float64{3, 3, 2, 2, 1, 1}, []float64{1, 1, 1, 1, 1, 1}},
		{"takes less than min_delta for none", "patience: 1", []float64{3, 2.99995, 2}, []float64{1, 0.5, 0.5}},
		{"rests for cooldown epochs", "patience: 1, cooldown: 2", []float64{3, 3, 3, 3, 3, 3}, []float64{1, 0.5, 0.5, 0.25, 0.25, 0.125}},
		{"stops at min_lr", "patience: 1, min_lr: 0.4", []float64{3, 3, 3, 3}, []float64{1, 0.5, 0.4, 0.4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cb := decode(t, "reduce_lr_on_plateau: {factor: 0.5, "+c.options+"}")
			s := &State{LearningRate: 1}
			for i, l := range c.losses {
				s.Logs = Logs{{"val_loss", l}}
				if err := cb.Epoch(s); err != nil {
					t.Fatal(err)
				}
				if s.LearningRate != c.want[i] {
					t.Errorf("epoch %d: %g, want %g", i+1, s.LearningRate, c.want[i])
				}
			}
		})
	}
	if cb := decode(t, "reduce_lr_on_plateau: {monitor: val_los}"); cb.Epoch(&State{Logs: Logs{{"loss", 1}}}) == nil {
		t.Error("no error without the figure")
	}
}
