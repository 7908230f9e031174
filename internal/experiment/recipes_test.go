package experiment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
	"cnntrain/internal/experiment"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/trained"
)

// tuned has penalties on what only the second phase trains.
const tuned = `
input: [32, 32, 3]
data: {dataset: {shapes: {train: 60, test: 20}}, validation_split: 0.2}
layers:
  - conv2d: {filters: 4, kernel_size: 3, strides: 4, kernel_regularizer: l2, trainable: false}
  - flatten
  - dense: {units: 10, activation: softmax}
train: {epochs: 3, batch_size: 8, fine_tune: {frozen_epochs: 1}}
`

// Recipes, most of them random: whatever options meet, a run that is stopped or fails at random steps and is
// resumed with another number of threads, alone or by two ranks, ends with the bytes and the history of an
// uninterrupted one, and its weights reach on validation and test data what the history says.
func TestRecipesGoOn(t *testing.T) {
	n := 12
	if testing.Short() {
		n = 4
	}
	defer kernels.SetThreads(0)
	t.Run("tuned", func(t *testing.T) { checkRecipe(t, rand.New(rand.NewPCG(0, 2)), tuned) })
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		text := randomRecipe(r)
		if !t.Run(strconv.Itoa(seed), func(t *testing.T) { checkRecipe(t, r, text) }) {
			t.Log(text)
		}
	}
}

// pick returns one of its arguments.
func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// some returns each of its arguments with the probability p.
func some(r *rand.Rand, p float64, of ...string) (chosen []string) {
	for _, s := range of {
		if r.Float64() < p {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// randomRecipe is a spec of a small network whose training takes a second.
func randomRecipe(r *rand.Rand) string {
	var layers []string
	layers = append(layers, some(r, 0.12, "random_flip", "random_flip: {mode: horizontal, alternate: true}",
		"random_translation: {height_factor: 0.1, width_factor: 0.1}", "random_rotation: 0.1", "random_zoom: 0.2",
		"random_brightness: 0.2", "random_contrast: 0.2", "random_hue: 0.1", "random_saturation: 0.5", "random_sharpness: 0.5",
		"random_erasing", "random_grayscale", "rand_augment", "auto_contrast", "random_color_jitter: {hue_factor: 0.1}",
		"random_posterization: 4", "random_shear: {x_factor: 0.1}",
		"repeat: 1\n    layers: [random_crop: {height: 28, width: 28}, resizing: {height: 32, width: 32}]")...)
	augmented := len(layers)
	mixing := some(r, 0.15, "mix_up", "cut_mix")
	layers = append(layers, mixing...)
	layers = append(layers, "rescaling: 1/255")
	layers = append(layers, some(r, 0.3, "normalization")...)
	frozen := r.IntN(3) == 0
	first := some(r, 0.2, "kernel_regularizer: l2", "kernel_initializer: he_normal", "use_bias: false", "activation: relu")
	if frozen {
		first = append(first, "trainable: false")
	}
	layers = append(layers, "conv2d: {"+strings.Join(append([]string{"filters: 4", "kernel_size: 3", "strides: 4", "name: first"}, first...), ", ")+"}")
	layers = append(layers, some(r, 0.15, "batch_normalization", "batch_normalization: {momentum: 0.5, trainable: false}", "group_normalization: 2",
		"layer_normalization", "relu", "silu", "prelu", "dropout: 0.2", "spatial_dropout2d: 0.2", "gaussian_noise: 0.1",
		"gaussian_dropout: 0.1", "alpha_dropout: 0.1", "local_response_normalization",
		"residual: [conv2d: {filters: 4, kernel_size: 3, padding: same}, batch_normalization]",
		"residual: [conv2d: {filters: 4, kernel_size: 1}, stochastic_depth: 0.3]",
		"depthwise_conv2d: {kernel_size: 3, padding: same}", "max_pooling2d")...)
	layers = append(layers, pick(r, "flatten", "global_average_pooling2d"))
	layers = append(layers, some(r, 0.2, "dense: {units: 6, activation: gelu, name: hidden}", "dropout: 0.5")...)
	loss, end := "", "softmax"
	switch r.IntN(5) {
	case 0:
		loss, end = pick(r, "binary_crossentropy", "binary_focal_crossentropy"), "sigmoid"
		if len(mixing) > 0 {
			loss = "binary_crossentropy" // the other one is not linear in labels
		}
	case 1:
		loss = pick(r, "categorical_focal_crossentropy", "{categorical_crossentropy: {label_smoothing: 0.1}}")
	}
	layers = append(layers, "dense: {units: 10, activation: "+end+"}")

	data := "dataset: {shapes: {train: " + pick(r, "60", "75") + ", test: 20}}"
	validated := true
	switch r.IntN(4) {
	case 0:
		validated = false
	case 1:
		data += ", fold: 2/3"
	default:
		data += ", validation_split: 0.2"
	}
	data += strings.Join(append([]string{""}, some(r, 0.2, "limit: 50")...), ", ")

	train := []string{"epochs: " + pick(r, "3", "4"), "batch_size: " + pick(r, "7", "8", "16"), "seed: " + pick(r, "0", "5")}
	train = append(train, "optimizer: "+randomOptimizer(r))
	train = append(train, some(r, 0.6, "schedule: "+pick(r, "cosine_decay", "{cosine_decay: {warmup_epochs: 0.5, alpha: 0.1}}",
		"{cosine_decay_restarts: {first_decay_epochs: 1}}", "{exponential_decay: {decay_rate: 0.5}}", "{inverse_time_decay: {decay_rate: 0.5, staircase: true}}",
		"one_cycle", "{piecewise_constant_decay: {boundaries: 1.5, factors: [1, 0.1]}}", "{polynomial_decay: {power: 2, decay_epochs: 2, cycle: true}}",
		"{step_decay: {epochs: 1, warmup_epochs: 1}}", "{constant: {warmup_epochs: 1.3}}"))...)
	if loss != "" {
		train = append(train, "loss: "+loss)
	}
	train = append(train, "metrics: ["+strings.Join(some(r, 0.3, "accuracy", "auc", "f1_score", "{precision: {class_id: 1}}", "recall", "top_k_categorical_accuracy: 2"), ", ")+"]")
	if len(mixing) == 0 && end == "softmax" {
		train = append(train, some(r, 0.2, "class_weight: balanced")...)
	}
	monitor := "loss"
	if validated && r.IntN(2) == 0 {
		monitor = "val_loss"
	}
	train = append(train, some(r, 0.25,
		fmt.Sprintf("early_stopping: {monitor: %s, patience: %d, restore_best_weights: %t}", monitor, r.IntN(3), r.IntN(2) == 0),
		fmt.Sprintf("reduce_lr_on_plateau: {monitor: %s, patience: %d, factor: 0.5, min_delta: 0.3}", monitor, r.IntN(2)),
		"on_nan: lower-lr", "convolution: direct")...)
	if frozen {
		train = append(train, some(r, 0.6, "fine_tune: {frozen_epochs: 1, learning_rate: 0.001, batch_normalization: "+pick(r, "inference", "training", "frozen")+"}")...)
		if len(mixing) == 0 && augmented > 0 {
			train = append(train, some(r, 0.4, "augment_copies: 2")...)
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "input: [32, 32, 3]\ndata: {%s}\nlayers:\n", data)
	for _, l := range layers {
		fmt.Fprintf(&text, "  - %s\n", l)
	}
	text.WriteString("train:\n")
	for _, option := range train {
		fmt.Fprintf(&text, "  %s\n", option)
	}
	return text.String()
}

// randomOptimizer is one of the optimizers with some options of its own and of all.
func randomOptimizer(r *rand.Rand) string {
	own := map[string][]string{
		"sgd": {"momentum: 0.9", "nesterov: true"}, "adam": {"beta_2: 0.9"}, "adamw": {}, "rmsprop": {"momentum: 0.5", "centered: true"},
		"adagrad": {}, "adadelta": {}, "adamax": {}, "nadam": {}, "ftrl": {"l1_regularization_strength: 0.01"}, "lion": {}, "lamb": {},
		"adafactor": {}, "muon": {"convolutions: true", "nesterov: false"},
	}
	name := pick(r, "sgd", "sgd", "adam", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "ftrl", "lion", "lamb", "adafactor", "muon")
	options := append([]string{"learning_rate: " + pick(r, "0.001", "0.01", "0.03")}, some(r, 0.5, own[name]...)...)
	options = append(options, some(r, 0.15, "weight_decay: 0.01", pick(r, "clipnorm: 0.5", "clipvalue: 0.1", "global_clipnorm: 1"),
		"gradient_accumulation_steps: 3", "learning_rate_multipliers: {bias: 4}")...)
	if r.IntN(2) == 0 {
		options = append(options, pick(r, "use_ema: true, ema_momentum: 0.8", "use_ema: true, ema_momentum: 0.8, ema_overwrite_frequency: 4",
			"lookahead: {sync_period: 3}", "swa: {start_epoch: 2}"))
	}
	return "{" + name + ": {" + strings.Join(options, ", ") + "}}"
}

// recipeRun is what must not depend on where a run stopped.
type recipeRun struct {
	best, last []byte
	epochs     []runs.Figures
	info       runs.Info
}

func readRecipeRun(t *testing.T, dir string) (read recipeRun) {
	t.Helper()
	run, err := runs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Info.Status != runs.Finished {
		t.Fatalf("%s: %s", dir, run.Info.Status)
	}
	last, err := os.ReadFile(filepath.Join(dir, runs.LastFile))
	if err != nil {
		t.Fatal(err)
	}
	return recipeRun{readBest(t, dir), last, run.Info.Epochs, run.Info}
}

// stopping is a Listener that calls a function after each step.
type stopping struct{ step func() error }

func (*stopping) Logf(string, ...any) {}
func (s *stopping) Watch(*experiment.Experiment, *runs.Run) callback.Callback {
	return callback.Callback{Batch: func(*callback.State) error { return s.step() }}
}

func checkRecipe(t *testing.T, r *rand.Rand, text string) {
	dir := t.TempDir()
	file := filepath.Join(dir, "recipe.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ranks := 1 + r.IntN(4)/3
	fails := errors.New("fails")
	// fit trains in ranks until a step, in which it is stopped or fails; 0: to the end.
	fit := func(out string, start bool, until int) {
		failing := until%3 == 0
		out = filepath.Join(dir, out)
		experiments := make([]*experiment.Experiment, ranks)
		for i := range experiments {
			e, err := experiment.Load(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			experiments[i] = e
		}
		commtest.Run(ranks, func(w comm.World) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			steps := 0
			l := &stopping{func() error {
				if steps++; steps != until {
					return nil
				}
				if failing {
					return fails
				}
				stop()
				return nil
			}}
			o := experiment.Options{World: w, Listener: l, Every: time.Nanosecond}
			var err error
			if start {
				o.Out = out
				_, err = experiments[w.Rank()].Fit(ctx, o)
			} else {
				_, err = experiment.Resume(ctx, out, o)
			}
			var unfinished *experiment.UnfinishedError
			if err != nil && !(until > 0 && (experiment.Canceled(err) || errors.As(err, &unfinished) || strings.Contains(err.Error(), fails.Error()))) {
				t.Errorf("rank %d: %v", w.Rank(), err)
			}
		})
	}
	kernels.SetThreads(1)
	fit("whole", true, 0)
	if t.Failed() {
		return
	}
	whole := readRecipeRun(t, filepath.Join(dir, "whole"))
	kernels.SetThreads(2)
	for i, until := 0, 1+r.IntN(12); i < 3; i, until = i+1, 1+r.IntN(9) {
		fit("cut", i == 0, until)
	}
	kernels.SetThreads(3)
	fit("cut", false, 0)
	cut := readRecipeRun(t, filepath.Join(dir, "cut"))
	if !bytes.Equal(cut.best, whole.best) {
		t.Error("a resumed run has other best weights")
	}
	if !bytes.Equal(cut.last, whole.last) {
		t.Error("a resumed run has another last state")
	}
	if !reflect.DeepEqual(cut.epochs, whole.epochs) || !reflect.DeepEqual(cut.info.Best, whole.info.Best) || !reflect.DeepEqual(cut.info.Test, whole.info.Test) {
		t.Errorf("a resumed run has another history:\n%v, best %v\n%v, best %v", cut.epochs, cut.info.Best, whole.epochs, whole.info.Best)
	}

	m, err := trained.Open(filepath.Join(dir, "cut"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(split string, figures runs.Figures, prefix string) {
		e, err := m.Evaluate(t.Context(), "m", trained.On{Split: split})
		if err != nil {
			t.Fatal(err)
		}
		if loss, ok := figures.Get(prefix + "loss"); !ok || loss != e.Loss && ranks == 1 {
			t.Errorf("loss of %s: %v, the run has %v", split, e.Loss, loss)
		}
		for _, metric := range append(e.Metrics, runs.Figure{Name: "accuracy", Value: e.Accuracy}) {
			if value, ok := figures.Get(prefix + metric.Name); ok && math.Abs(value-metric.Value) > 1e-9 {
				t.Errorf("%s of %s: %v, the run has %v", metric.Name, split, metric.Value, value)
			}
		}
	}
	check("test", cut.info.Test, "")
	if cut.info.Dataset.Validation > 0 {
		check("val", cut.epochs[cut.info.Best.Epoch-1], "val_")
	}
}
