package internal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// everything is a model with all that ranks must handle: random numbers by position in the
// batch, mixtures of neighbours, moving averages, penalties, frozen weights. The last batch of 7 examples is
// smaller than others, and the one of 1 smaller than the number of ranks.
const everything = `
input: [8, 8, 3]
layers:
  - random_flip: {mode: horizontal, alternate: true}
  - mix_up: 0.3
  - random_rotation: 0.1
  - cut_mix
  - random_crop: {height: 7, width: 7}
  - random_contrast: 0.2
  - random_brightness: 0.1
  - rescaling: 1/255
  - conv2d: {filters: 6, kernel_size: 3, kernel_regularizer: {l2: 0.01}}
  - batch_normalization: {synchronized: SYNC, momentum: 0.9}
  - relu
  - spatial_dropout2d: 0.2
  - residual:
      - conv2d: {filters: 6, kernel_size: 1}
      - layer_scale: {init_values: 0.5, projection_dim: 6}
      - stochastic_depth: 0.3
  - conv2d: {filters: 4, kernel_size: 3, trainable: false}
  - batch_normalization: {trainable: false}
  - flatten
  - dropout: 0.3
  - dense: {units: 12, activation: relu}
  - batch_normalization: {sync: SYNC}
  - dense: {units: 3, activation: softmax}
train: {epochs: 2, batch_size: 8, optimizer: {OPTIMIZER}, metrics: [accuracy, f1_score, auc], early_stopping: 5}
`

// A history is what one rank observed of a training.
type history struct {
	losses  []float64 // of each step, mean over the epoch so far
	logs    callback.Logs
	weights []checkpoint.Tensor
	saved   []*train.Saved
	err     error
}

// trainOn trains on several ranks and returns the history of each.
func trainOn(t *testing.T, ranks int, text string, from *train.Saved) []*history {
	t.Helper()
	all := make([]*history, ranks)
	commtest.Run(ranks, func(w comm.World) { all[w.Rank()] = trainAs(t, t.Context(), w, text, from, nil) })
	return all
}

// newStore is the store of trainings; only one test sets it.
var newStore func() train.Store

// every is the time between two states within an epoch; only one test sets it.
var every time.Duration

func trainAs(t *testing.T, ctx context.Context, w comm.World, text string, from *train.Saved, stop func(*callback.State) error) *history {
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte(text), nil, &problems)
	plan := builder.NewPlan(s, &problems)
	config := train.NewConfig(s.Train, &problems)
	h := &history{}
	if h.err = problems.Err(); h.err == nil && config.FineTune.Given {
		h.err = plan.FineTune(config.FineTune.From, config.FineTune.BatchNormalization)
	}
	if h.err != nil {
		return h
	}
	shapes := &dataset.Data{Train: drawings{49, plan.Input.Size(), w.Rank() == breaks}, Classes: []string{"a", "b", "c"}, Shape: plan.Input}
	sets, err := data.Split(shapes, 9.0/49, data.Fold{}, 0)
	if err != nil {
		return &history{err: err}
	}
	m := plan.NewModel(uint64(config.Seed))
	if _, err := m.Memory((config.BatchSize + w.Size() - 1) / w.Size()); err != nil { // as the application does
		return &history{err: err}
	}
	config.Store = newStore
	if w.Rank() > 0 {
		from = nil
	}
	keep := &train.Keep{From: from, Every: every, Save: func(s *train.Saved) error {
		c := *s
		c.Tensors = slices.Clone(s.Tensors)
		for i := range c.Tensors {
			c.Tensors[i].Data = slices.Clone(c.Tensors[i].Data)
		}
		h.saved = append(h.saved, &c)
		return nil
	}, Back: func(error) (*train.Saved, error) { return h.saved[len(h.saved)-1], nil }}
	config.Callbacks = append(config.Callbacks, callback.Callback{Batch: func(s *callback.State) error {
		h.losses = append(h.losses, s.Logs[0].Value)
		if stop != nil {
			return stop(s)
		}
		return nil
	}})
	state, err := train.FitOn(ctx, w, m, sets, config, keep)
	h.err, h.logs, h.weights = err, slices.Clone(state.Logs), m.Weights()
	return h
}

// drawings is examples that a model can partly distinguish.
type drawings struct {
	n, pixels int
	broken    bool // one pixel is NaN
}

// breaks is the rank whose drawings are broken; none except in one test.
var breaks = -1

func (d drawings) Len() int        { return d.n }
func (d drawings) Label(i int) int { return i * 7 % 3 }
func (d drawings) Image(dst []float32, i int) error {
	for p := range dst[:d.pixels] {
		dst[p] = float32((i*31 + p*(3+i*7%3*4) + i*p%11) % 256)
		if d.broken {
			dst[p] = float32(math.NaN())
		}
	}
	return nil
}

func spelled(optimizer, sync string) string {
	return strings.NewReplacer("OPTIMIZER", optimizer, "SYNC", sync).Replace(everything)
}

// distance is the largest difference between two sets of weights.
func distance(a, b []checkpoint.Tensor) (most float64) {
	for i := range a {
		for j, v := range a[i].Data {
			most = max(most, math.Abs(float64(v-b[i].Data[j])))
		}
	}
	return most
}

func TestRanksTrainAsOne(t *testing.T) {
	for _, optimizer := range []string{"sgd: {learning_rate: 0.05, momentum: 0.9}", "sgd: {learning_rate: 0.05, clipnorm: 0.5}", "sgd: {learning_rate: 0.05, global_clipnorm: 0.5, weight_decay: 0.01}", "sgd: {learning_rate: 0.05, clipvalue: 0.01, weight_decay: 0.1, exclude_from_weight_decay: bias, learning_rate_multipliers: {bias: 3, conv2d: 0.5}}", "sgd: {learning_rate: 0.05, use_ema: true, ema_momentum: 0.7, gradient_accumulation_steps: 2, global_clipnorm: 0.5}", "sgd: {learning_rate: 0.05, swa: 1, lookahead: {sync_period: 2, ramp_power: 2}}"} {
		text := spelled(optimizer, "true")
		alone := trainOn(t, 1, text, nil)[0]
		if alone.err != nil {
			t.Fatal(alone.err)
		}
		for ranks := 2; ranks <= 5; ranks++ {
			for r, h := range trainOn(t, ranks, text, nil) {
				if h.err != nil {
					t.Fatalf("%s, %d ranks: %v", optimizer, ranks, h.err)
				}
				for i, l := range h.losses {
					if math.Abs(l-alone.losses[i]) > 1e-5 {
						t.Errorf("%s, rank %d of %d: loss %v at step %d, alone %v", optimizer, r, ranks, l, i+1, alone.losses[i])
						break
					}
				}
				if len(h.losses) != len(alone.losses) {
					t.Errorf("%d steps, alone %d", len(h.losses), len(alone.losses))
				}
				for i, l := range h.logs {
					if l.Name != alone.logs[i].Name || math.Abs(l.Value-alone.logs[i].Value) > 1e-4 {
						t.Errorf("%s, rank %d of %d: %v, alone %v", optimizer, r, ranks, h.logs, alone.logs)
						break
					}
				}
				if d := distance(h.weights, alone.weights); d > 1e-4 {
					t.Errorf("%s, rank %d of %d: weights differ by %v", optimizer, r, ranks, d)
				}
			}
		}
	}
}

func TestReplicasAreEqualAndRepeat(t *testing.T) {
	for _, optimizer := range []string{"adam: 0.01", "adamw: 0.01", "rmsprop: {momentum: 0.5}", "adagrad: 0.01", "nadam: 0.01", "lamb: 0.01", "adafactor: 0.01", "muon: {learning_rate: 0.01, convolutions: true}", "adamax: {learning_rate: 0.01, lookahead: {sync_period: 2}}"} {
		text := spelled(optimizer, "false")
		first, second := trainOn(t, 3, text, nil), trainOn(t, 3, text, nil)
		for r := range first {
			if first[r].err != nil {
				t.Fatal(first[r].err)
			}
			if d := distance(first[r].weights, first[0].weights); d != 0 {
				t.Errorf("%s: rank %d differs from rank 0 by %v", optimizer, r, d)
			}
			if d := distance(first[r].weights, second[r].weights); d != 0 {
				t.Errorf("%s: rank %d differs by %v when it is repeated", optimizer, r, d)
			}
			if len(first[r].saved) > 0 != (r == 0) {
				t.Errorf("%s: rank %d has saved %d times", optimizer, r, len(first[r].saved))
			}
		}
	}
}

// A state can be resumed with any number of ranks; with the same number it gives the same
// bytes. (Adam divides by the size of the gradient: where that is only rounding error, as
// for a bias before batch normalization, so is the step.)
func TestAnyNumberOfRanksGoesOn(t *testing.T) {
	for optimizer, bound := range map[string]float64{"adam: 0.01": 0.1, "sgd: {learning_rate: 0.05, momentum: 0.9}": 1e-4, "sgd: {learning_rate: 0.05, use_ema: true, ema_momentum: 0.7, ema_overwrite_frequency: 4, gradient_accumulation_steps: 2}": 1e-4, "adafactor: 0.01": 0.1, "muon: {learning_rate: 0.01, convolutions: true}": 0.1, "sgd: {learning_rate: 0.05, swa: 1}": 1e-4} {
		text := spelled(optimizer, "true")
		for _, ranks := range []int{1, 2, 3} {
			whole := trainOn(t, ranks, text, nil)[0]
			if whole.err != nil {
				t.Fatal(whole.err)
			}
			for _, others := range []int{1, 2, 3, 4} {
				again := trainOn(t, others, text, whole.saved[0])[0]
				if again.err != nil {
					t.Fatalf("from %d ranks to %d: %v", ranks, others, again.err)
				}
				d := distance(again.weights, whole.weights)
				if d > bound || others == ranks && d > 0 {
					t.Errorf("%s, from %d ranks to %d: weights differ by %v", optimizer, ranks, others, d)
				}
			}
		}
	}
}

func TestErrorsOfOneRankAreThoseOfAll(t *testing.T) {
	text := spelled("sgd: 0.01", "true")
	failed := errors.New("the disk is full")
	var mu sync.Mutex
	seen := map[int]string{}
	commtest.Run(3, func(w comm.World) {
		h := trainAs(t, t.Context(), w, text, nil, func(s *callback.State) error {
			if w.Rank() == 1 && s.Step == 3 {
				return failed
			}
			return nil
		})
		mu.Lock()
		defer mu.Unlock()
		seen[w.Rank()] = fmt.Sprint(h.err)
		if !comm.Known(h.err) || len(h.losses) != 3 {
			t.Errorf("rank %d after %d steps: %v", w.Rank(), len(h.losses), h.err)
		}
		if errors.Is(h.err, failed) != (w.Rank() == 1) {
			t.Errorf("rank %d: %v", w.Rank(), h.err)
		}
	})
	for r, text := range seen {
		if !strings.HasPrefix(text, "rank 1 on ") || !strings.HasSuffix(text, ": the disk is full") {
			t.Errorf("rank %d: %q", r, text)
		}
	}
}

// NaN on one rank stops all of them at the same step, with the layer's name, also if layers
// communicate with those of the other ranks.
func TestNaNOfOneRankIsThatOfAll(t *testing.T) {
	breaks = 1
	defer func() { breaks = -1 }()
	const text = "input: [8, 8, 3]\nlayers: [rescaling: 1/255, batch_normalization: {synchronized: SYNC}, flatten, {dense: {units: 3, activation: softmax}}]\ntrain: {batch_size: 8, on_nan: NAN}\n"
	for _, sync := range []string{"false", "true"} {
		for _, onNaN := range []string{"stop", "lower-lr"} {
			for r, h := range trainOn(t, 3, strings.NewReplacer("SYNC", sync, "NAN", onNaN).Replace(text), nil) {
				var bad *train.NonFiniteError
				if !errors.As(h.err, &bad) && r == 1 || !comm.Known(h.err) || len(h.losses) != 0 {
					t.Errorf("%s, %s: rank %d after %d steps: %v", sync, onNaN, r, len(h.losses), h.err)
				}
				if text := fmt.Sprint(h.err); !strings.HasPrefix(text, "what comes out of rescaling, on rank 1, is not a finite number at epoch 1, step 1; ") {
					t.Errorf("%s, %s: rank %d: %q", sync, onNaN, r, text)
				}
			}
		}
	}
}

// Weights are the same on all ranks, whichever of them updated each.
func TestBrokenWeightIsThatOfNoRank(t *testing.T) {
	const text = "input: [8, 8, 3]\nlayers: [{conv2d: {filters: 1, kernel_size: 1, use_bias: false, kernel_initializer: {constant: {value: 0.0001}}}}, flatten, {dense: {units: 3, activation: softmax}}]\ntrain: {batch_size: 8, optimizer: {sgd: 3.0e+38}}\n"
	want := fmt.Sprint(trainOn(t, 1, text, nil)[0].err)
	for r, h := range trainOn(t, 2, text, nil) {
		if got := fmt.Sprint(h.err); got != want || !strings.HasPrefix(got, "the weight ") {
			t.Errorf("rank %d: %q, want %q", r, got, want)
		}
	}
}

// A request to stop on one rank, at any time, stops all of them.
func TestOneRankStopsAll(t *testing.T) {
	for _, last := range []int{1, 3, 5} { // the fifth step is followed by the validation
		commtest.Run(3, func(w comm.World) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			h := trainAs(t, ctx, w, spelled("sgd: 0.01", "true"), nil, func(s *callback.State) error {
				if w.Rank() == 2 && s.Epoch == 1 && s.Step == last {
					stop()
				}
				return nil
			})
			if !errors.Is(h.err, context.Canceled) || len(h.losses) > last+1 || h.logs != nil && h.logs[len(h.logs)-1].Name == "val_accuracy" {
				t.Errorf("rank %d, stopped after step %d, has done %d: %v, %v", w.Rank(), last, len(h.losses), h.logs, h.err)
			}
			if w.Rank() == 0 && len(h.saved) != 1 {
				t.Errorf("%d states were saved", len(h.saved))
			}
		})
	}
}

// Saving is optional.
func TestRanksNeedNoKeep(t *testing.T) {
	commtest.Run(2, func(w comm.World) {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte(strings.Replace(spelled("adam: 0.01", "false"), ", early_stopping: 5", "", 1)), nil, &problems)
		plan := builder.NewPlan(s, &problems)
		config := train.NewConfig(s.Train, &problems)
		shapes := &dataset.Data{Train: drawings{9, plan.Input.Size(), false}, Classes: []string{"a", "b", "c"}, Shape: plan.Input}
		sets, err := data.Split(shapes, 0, data.Fold{}, 0)
		if err == nil {
			_, err = train.FitOn(t.Context(), w, plan.NewModel(1), sets, config, nil)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// unreadable is drawings of which one cannot be read any more after a number of reads.
type unreadable struct {
	drawings
	left *atomic.Int64
}

var errUnreadable = errors.New("the file is gone")

func (u unreadable) Image(dst []float32, i int) error {
	if u.left != nil && u.left.Add(-1) < 0 {
		return errUnreadable
	}
	return u.drawings.Image(dst, i)
}

// The pass of swa over the images exchanges statistics in every batch. A rank that could not read its
// images waited there for the others, as they did for it.
func TestAnImageThatCannotBeReadForStatisticsStopsAll(t *testing.T) {
	const text = "input: [8, 8, 3]\nlayers: [rescaling: 1/255, batch_normalization, flatten, {dense: {units: 3, activation: softmax}}]\ntrain: {epochs: 2, batch_size: 6, optimizer: {sgd: {swa: 1}}}\n"
	var mu sync.Mutex
	var all []error
	over := make(chan bool)
	go func() {
		defer close(over)
		commtest.Run(2, func(w comm.World) {
			var problems spec.Problems
			s := spec.Parse("x.yaml", []byte(text), nil, &problems)
			plan := builder.NewPlan(s, &problems)
			config := train.NewConfig(s.Train, &problems)
			examples := unreadable{drawings: drawings{24, plan.Input.Size(), false}}
			if w.Rank() == 1 {
				examples.left = new(atomic.Int64)
				examples.left.Store(3 * 12) // its images of both epochs, and those of one more pass
				examples.left.Add(-1)
			}
			sets, err := data.Split(&dataset.Data{Train: examples, Classes: []string{"a", "b", "c"}, Shape: plan.Input}, 0, data.Fold{}, 0)
			if err == nil {
				_, err = train.FitOn(t.Context(), w, plan.NewModel(1), sets, config, nil)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, err)
		})
	}()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatal("the ranks wait for each other")
	}
	for _, err := range all {
		if !comm.Known(err) || !strings.HasSuffix(err.Error(), errUnreadable.Error()) {
			t.Errorf("got %v", err)
		}
	}
}
