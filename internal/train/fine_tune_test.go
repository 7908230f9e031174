package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/train/callback"
)

// tunedFrom trains fake, whose loss is that of the epochs, in two phases; it returns the learning
// rate of each step, the steps of the optimizer after each epoch, and the epoch of the phases' end.
func phases(t *testing.T, text string, losses []float32) (rates []float64, weights []float32, ended int, why string, state *callback.State) {
	t.Helper()
	c := config(t, text)
	m := newFake()
	m.anyStep = true
	m.loss = func(step int) float32 { return losses[min((step-1)/2, len(losses)-1)] } // 2 steps per epoch
	state, err := Fit(t.Context(), m, sets(8, 0), c, nil, callback.Callback{
		Batch: func(s *callback.State) error { rates = append(rates, s.StepRate); return nil },
		Epoch: func(s *callback.State) error {
			weights = append(weights, m.w.Float32s()[0])
			if m.tuned != 0 && ended == 0 || m.tuned == 0 && ended > 0 {
				t.Errorf("epoch %d: the model is fine-tuned: %d", s.Epoch, m.tuned)
			}
			return nil
		},
		Phase: func(s *callback.State) error { ended, why = s.Epoch, s.Stopped; return nil },
	})
	if err != nil || m.tuned != 1 {
		t.Fatalf("%v; %d times a second phase", err, m.tuned)
	}
	return rates, weights, ended, why, state
}

// Each phase has a learning rate, a schedule and an optimizer of its own.
func TestPhasesAreLikeTwoFits(t *testing.T) {
	c := "batch_size: 4, optimizer: {sgd: {learning_rate: 0.4, momentum: 0.5}}, schedule: {step_decay: {epochs: 1, factor: 0.5}}"
	rates, weights, ended, _, _ := phases(t, "{epochs: 5, fine_tune: {frozen_epochs: 2, learning_rate: 0.08}, "+c+"}", []float32{1})
	if want := []float64{.4, .4, .2, .2, .08, .08, .04, .04, .02, .02}; ended != 2 || !slices.Equal(rates, want) {
		t.Errorf("learning rates %v, want %v; the first phase ended after epoch %d", rates, want, ended)
	}
	// Momentum starts from zero: the velocities of the third epoch are -0.08 and -0.12.
	if step := weights[2] - weights[1]; math.Abs(float64(step)+0.2) > 1e-6 {
		t.Errorf("the weight changes by %v in the third epoch, want -0.2", step)
	}
}

func TestEarlyStoppingEndsThePhase(t *testing.T) {
	losses := []float32{3, 2, 4, 4, 3, 3, 3, 3}
	text := "{epochs: 8, batch_size: 4, optimizer: {sgd: 1}, early_stopping: {monitor: loss, patience: 2, restore_best_weights: true}, fine_tune: {frozen_epochs: 6, learning_rate: 0.1}}"
	rates, weights, ended, why, state := phases(t, text, losses)
	if want := "loss has not improved since epoch 2"; ended != 4 || why != want {
		t.Errorf("the first phase ended after epoch %d: %q, want %q", ended, why, want)
	}
	// The second begins with the weights of the best epoch, and ends after two that are worse.
	if w := weights[4]; math.Abs(float64(w-(weights[1]-0.2))) > 1e-6 || rates[8] != 0.1 {
		t.Errorf("the weight is %v after the first epoch of fine-tuning, and was %v after the best one; learning rate %v", w, weights[1], rates[8])
	}
	if state.Epoch != 6 || !strings.Contains(state.Stopped, "since epoch 2") || state.Restored != 2 {
		t.Errorf("ended after epoch %d: %q; weights of epoch %d", state.Epoch, state.Stopped, state.Restored)
	}
}

func TestALearningRateReducedForOnePhaseIsThatOfThePhase(t *testing.T) {
	text := "{epochs: 6, batch_size: 4, optimizer: {sgd: 1}, reduce_lr_on_plateau: {monitor: loss, patience: 1, factor: 0.5}, fine_tune: {frozen_epochs: 3, learning_rate: 0.1}}"
	rates, _, _, _, _ := phases(t, text, []float32{1})
	if want := []float64{1, 1, 1, 1, .5, .5, .1, .1, .1, .1, .05, .05}; !slices.Equal(rates, want) {
		t.Errorf("learning rates %v, want %v", rates, want)
	}
}
