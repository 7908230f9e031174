package experiment

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/kernels"
	"cnntrain/internal/random"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"

	"gorgonia.org/gorgonia"
)

// A Timing is how fast one model is.
type Timing struct {
	Spec      string   `json:"spec"`
	Name      string   `json:"name"`
	Mode      string   `json:"mode"` // training or inference
	Batch     int      `json:"batch_size"`
	Steps     int      `json:"steps"`
	Images    float64  `json:"images_per_second"` // at the median step
	Step      float64  `json:"milliseconds"`      // median
	Fastest   float64  `json:"milliseconds_min"`
	GFLOPS    float64  `json:"gflops"`         // multiplications and additions as textbooks count them
	Ceiling   float64  `json:"ceiling_gflops"` // multiply-adds alone, in the same minute
	Share     float64  `json:"share"`          // of the ceiling; Winograd's shortcut can bring it over 1
	Memory    int      `json:"peak_memory"`    // bytes, of the whole process; 0 where the system does not tell
	FirstStep float64  `json:"first_step"`     // seconds from reading the spec, or the start of the process, to the end of the first step
	Ops       []OpTime `json:"ops,omitempty"`
}

// An OpTime is what the operations of one kind and shape take of a step.
type OpTime struct {
	Op    string  `json:"op"`
	Shape string  `json:"shape,omitempty"`
	Step  float64 `json:"milliseconds"`
	Share float64 `json:"share"` // of the step
	Rate  float64 `json:"gflops,omitempty"`
}

// A Measurement says what to measure of an
type Measurement struct {
	BatchSize int           // images a step; 0: as the spec says
	Inference bool          // predictions in place of training
	Ops       bool          // also the time of each operation
	Time      time.Duration // how long
	Began     time.Time     // from when on the first step is waited for
}

// Measure trains or predicts on noise, and returns how fast that is on this machine.
func (e *Experiment) Measure(ctx context.Context, o Measurement) (*Timing, error) {
	e, err := e.fresh()
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	ResetPeakMemory()
	if o.BatchSize > 0 {
		e.Train.BatchSize = o.BatchSize
	}
	b := &bench{Experiment: e, model: e.Plan.NewModel(uint64(e.Train.Seed)), training: !o.Inference, time: o.Time}
	b.data = newNoise(e.Spec.Input, e.Plan.Classes())
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	t := &Timing{Name: e.Spec.Name, Mode: "training", Batch: e.Train.BatchSize, Memory: PeakMemory(), FirstStep: b.first.Sub(o.Began).Seconds()}
	if o.Inference {
		t.Mode = "inference"
	}
	steps := slices.Sorted(slices.Values(b.steps))
	median := steps[len(steps)/2]
	costs, err := b.model.Costs(e.Train.BatchSize, b.training)
	if err != nil {
		return nil, err
	}
	flops := 0
	for _, c := range costs {
		flops += c.Flops
	}
	t.Steps, t.Step, t.Fastest = len(steps), milliseconds(median), milliseconds(steps[0])
	t.Images = float64(t.Batch) / median.Seconds()
	t.GFLOPS, t.Ceiling = float64(flops)/median.Seconds()/1e9, b.ceiling
	t.Share = t.GFLOPS / t.Ceiling
	if o.Ops {
		t.Ops = b.opTimes(costs)
	}
	return t, nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

// A bench is one model being timed.
type bench struct {
	*Experiment
	model    *builder.Model
	data     dataset.Examples
	training bool
	time     time.Duration // to measure for

	done    int       // steps
	first   time.Time // when the first one was done
	began   time.Time // when the current one began
	end     time.Time // of the measurement
	steps   []time.Duration
	update  time.Duration // of these, spent in the optimizer
	ceiling float64       // GFLOP/s
}

// warmUp is how many steps come before those that are timed.
const warmUp = 3

// errEnough ends the steps of a bench.
var errEnough = errors.New("measured long enough")

func (b *bench) run(ctx context.Context) error {
	run := b.predict
	if b.training {
		run = b.fit
	}
	if err := run(ctx); !errors.Is(err, errEnough) {
		return err
	}
	b.ceiling = max(b.ceiling, multiplyAddRate())
	return nil
}

// fit trains without callbacks of the spec.
func (b *bench) fit(ctx context.Context) error {
	c := *b.Train
	c.Epochs, c.Callbacks = math.MaxInt, nil
	c.Optimizer = &timedOptimizer{c.Optimizer, &b.update}
	sets := &data.Sets{Train: b.data, Shape: b.Spec.Input, Classes: make([]string, b.Plan.Classes())}
	_, err := train.Fit(ctx, b.model, sets, &c, nil, callback.Callback{
		Batch: func(*callback.State) error { return b.step() },
	})
	return err
}

// predict runs batch after batch forward.
func (b *bench) predict(ctx context.Context) error {
	loader := data.NewLoader(b.data, b.Plan.Input.Size(), b.Train.BatchSize)
	for {
		for batch, err := range loader.Batches(ctx, nil, 0) {
			if err != nil {
				return err
			}
			if _, _, err := b.model.Evaluate(batch.X, batch.Labels); err != nil {
				return err
			}
			if err := b.step(); err != nil {
				return err
			}
		}
	}
}

// step notes that a step is done.
func (b *bench) step() error {
	now := time.Now()
	b.done++
	switch {
	case b.done == 1:
		b.first = now
		b.ceiling = multiplyAddRate()
	case b.done == warmUp:
		b.end, b.update = now.Add(b.time), 0
		if err := b.model.Measure(b.Train.BatchSize, b.training); err != nil {
			return err
		}
	case b.done > warmUp:
		b.steps = append(b.steps, now.Sub(b.began))
		if now.After(b.end) {
			return errEnough
		}
	}
	b.began = time.Now()
	return nil
}

// multiplyAddRate measures for a quarter of a second how many GFLOP/s of
// multiply-adds the machine does.
func multiplyAddRate() (best float64) {
	for end := time.Now().Add(time.Second / 4); time.Now().Before(end); {
		began := time.Now()
		flops := kernels.MultiplyAdds(500_000)
		best = max(best, float64(flops)/time.Since(began).Seconds()/1e9)
	}
	return best
}

// opTimes sums up what the ops of the same kind and shape take of a step, longest
// first, and what else a step takes.
func (b *bench) opTimes(costs []builder.Cost) []OpTime {
	var total, rest time.Duration
	for _, d := range b.steps {
		total += d
	}
	rest = total - b.update
	n := float64(len(b.steps))
	line := func(op, shape string, d time.Duration, flops int) OpTime {
		l := OpTime{Op: op, Shape: shape, Step: milliseconds(d) / n, Share: d.Seconds() / total.Seconds()}
		if flops > 0 {
			l.Rate = float64(flops) * n / d.Seconds() / 1e9
		}
		return l
	}
	type kind struct{ op, shape string }
	sums := map[kind]builder.Cost{}
	for _, c := range costs {
		k := kind{c.Op, c.Shape}
		sum := sums[k]
		sum.Time, sum.Flops = sum.Time+c.Time, sum.Flops+c.Flops
		sums[k] = sum
		rest -= c.Time
	}
	var lines []OpTime
	for k, c := range sums {
		lines = append(lines, line(k.op, k.shape, c.Time, c.Flops))
	}
	if b.training {
		lines = append(lines, line("optimizer", "", b.update, 0))
	}
	lines = append(lines, line("input, metrics", "", rest, 0))
	slices.SortFunc(lines, func(a, b OpTime) int {
		return cmp.Or(cmp.Compare(b.Step, a.Step), cmp.Compare(a.Op+a.Shape, b.Op+b.Shape))
	})
	return lines
}

// timedOptimizer adds up the time of its steps.
type timedOptimizer struct {
	optimizer.Optimizer
	took *time.Duration
}

func (o *timedOptimizer) Step(weights []gorgonia.ValueGrad) error {
	began := time.Now()
	defer func() { *o.took += time.Since(began) }()
	return o.Optimizer.Step(weights)
}

// noise is images without meaning, as cheap to read as a dataset in memory.
type noise struct {
	pixels, classes int
	images          []uint8
}

// noiseImages is how many of them differ.
const noiseImages = 256

func newNoise(shape []int, classes int) *noise {
	n := &noise{pixels: 1, classes: classes}
	for _, d := range shape {
		n.pixels *= d
	}
	n.images = make([]uint8, noiseImages*n.pixels)
	src := random.New(0)
	for i := range n.images {
		n.images[i] = uint8(src.Uint64(uint64(i)))
	}
	return n
}

func (n *noise) Len() int { return 100_000 }

func (n *noise) Label(i int) int { return i % n.classes }

func (n *noise) Image(dst []float32, i int) error {
	for k, v := range n.images[i%noiseImages*n.pixels:][:n.pixels] {
		dst[k] = float32(v)
	}
	return nil
}
