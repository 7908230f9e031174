package internal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// goldenImages is the batch of a golden file as examples.
type goldenImages struct {
	x      []float32
	labels []int
}

func (g goldenImages) Len() int        { return len(g.labels) }
func (g goldenImages) Label(i int) int { return g.labels[i] }
func (g goldenImages) Image(dst []float32, i int) error {
	copy(dst, g.x[i*len(dst):])
	return nil
}

// A head is trained on a frozen base, then both are fine-tuned, as in Keras with trainable,
// training=False and a second compile.
func TestFineTuningEqualsKeras(t *testing.T) {
	eachKeras(t, "tuned_*.safetensors", func(t *testing.T, k keras) {
		var problems spec.Problems
		s := spec.Parse("keras", []byte(k.Metadata["spec"]), nil, &problems)
		plan := builder.NewPlan(s, &problems)
		config := train.NewConfig(s.Train, &problems)
		tune := config.FineTune
		if err := plan.FineTune(tune.From, tune.BatchNormalization); problems.Err() != nil || err != nil {
			t.Fatal(problems.Err(), err)
		}
		m := plan.NewModel(0)
		for _, w := range m.Weights() {
			copy(w.Data, k.data("weights/"+w.Name))
		}
		compare := func(step int) {
			for _, w := range m.Weights() {
				closeTo(t, fmt.Sprintf("%s after step %d", w.Name, step), w.Data, k.data(fmt.Sprintf("step%d/%s", step, w.Name)))
			}
		}
		losses := k.data("losses")
		config.Callbacks = []callback.Callback{{Epoch: func(s *callback.State) error {
			closeTo(t, fmt.Sprintf("loss of step %d", s.Epoch), []float32{float32(s.StepLoss)}, losses[s.Epoch-1:s.Epoch])
			if s.Epoch == tune.FrozenEpochs {
				compare(s.Epoch)
			}
			return nil
		}}}
		sets := &data.Sets{Train: goldenImages{k.data("x"), classes(k, plan)}, Shape: plan.Input}
		if _, err := train.Fit(t.Context(), m, sets, config, nil); err != nil {
			t.Fatal(err)
		}
		compare(len(losses))
	})
}

// tuned has a frozen base with all that training must leave alone, and a head.
const tuned = `
input: [8, 8, 3]
blocks:
  base:
    layers:
      - rescaling: 1/255
      - conv2d: {filters: 6, kernel_size: 3, kernel_regularizer: {l2: 0.01}}
      - batch_normalization: {momentum: 0.9}
      - relu
      - residual: [conv2d: {filters: 6, kernel_size: 3, padding: same}, batch_normalization]
      - max_pooling2d
      - flatten
layers:
  - random_flip: horizontal
  - base: {trainable: false}
  - dropout: 0.2
  - dense: {units: 12, activation: relu}
  - batch_normalization: {sync: true}
  - dense: {units: 3, activation: softmax}
train: {epochs: 4, batch_size: 8, optimizer: adam, schedule: cosine_decay, metrics: [accuracy],
  fine_tune: {frozen_epochs: 2, learning_rate: 0.0002, batch_normalization: MODE}}
`

// From every step of both phases, a resumed training ends with the same bytes.
func TestFineTuningGoesOnFromEveryStep(t *testing.T) {
	every = 1
	defer func() { every = 0 }()
	for _, c := range []struct {
		ranks int
		mode  string
	}{{1, "inference"}, {1, "training"}, {3, "training"}} {
		text := strings.Replace(tuned, "MODE", c.mode, 1)
		whole := trainOn(t, c.ranks, text, nil)[0]
		if whole.err != nil || len(whole.saved) != 20 {
			t.Fatalf("%d ranks: %v; %d states", c.ranks, whole.err, len(whole.saved))
		}
		checkPhases(t, whole.saved, c.mode)
		for i, from := range whole.saved[:19] {
			if c.ranks > 1 && i%3 > 0 {
				continue
			}
			for _, h := range trainOn(t, c.ranks, text, from) {
				if h.err != nil || distance(h.weights, whole.weights) != 0 {
					t.Errorf("%d ranks, %s, from state %d: %v, off by %g", c.ranks, c.mode, i, h.err, distance(h.weights, whole.weights))
				}
			}
		}
	}
}

// checkPhases checks which weights change in each phase: saved has 5 states for each of 4 epochs.
func checkPhases(t *testing.T, saved []*train.Saved, mode string) {
	t.Helper()
	for i, w := range saved[0].Tensors {
		changes := func(from, to int) bool { return !slices.Equal(saved[from].Tensors[i].Data, saved[to].Tensors[i].Data) }
		base := strings.HasPrefix(w.Name, "conv2d") || strings.HasPrefix(w.Name, "batch_normalization/") || strings.HasPrefix(w.Name, "batch_normalization_1/")
		if strings.HasPrefix(w.Name, checkpoint.StatePrefix) {
			break
		}
		averages := strings.Contains(w.Name, "/moving_")
		if base && changes(0, 9) {
			t.Errorf("%s changes while it is frozen", w.Name)
		}
		if want := !base || !averages || mode == "training"; changes(9, 19) != want {
			t.Errorf("fine-tuning in mode %s changes %s: %v, want %v", mode, w.Name, !want, want)
		}
	}
}
