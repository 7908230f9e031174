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
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/kernels"
	"cnntrain/internal/random"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"

	"gorgonia.org/gorgonia"
)

// A Timing is the measured speed of one model.
type Timing struct {
	Spec      string   `json:"spec"`
	Name      string   `json:"name"`
	Mode      string   `json:"mode"` // training or inference
	Batch     int      `json:"batch_size"`
	Steps     int      `json:"steps"`
	Images    float64  `json:"images_per_second"` // of the median step
	Step      float64  `json:"milliseconds"`      // median
	Fastest   float64  `json:"milliseconds_min"`
	GFLOPS    float64  `json:"gflops"`         // multiplications and additions of the textbook algorithm
	Ceiling   float64  `json:"ceiling_gflops"` // multiply-adds alone, measured within the same minute
	Share     float64  `json:"share"`          // of the ceiling; above 1 is possible with Winograd's algorithm
	Memory    int      `json:"peak_memory"`    // bytes, of the whole process; 0 if the system does not report it
	Planned   int64    `json:"planned_memory"` // bytes of the model in training: weights, optimizer's state, outputs and gradients as laid out, batches; 0 in inference
	Scratch   int64    `json:"scratch_memory"` // bytes that kernels have taken for the time of a call
	FirstStep float64  `json:"first_step"`     // seconds from reading the spec, or from the start of the process, to the end of the first step
	Ops       []OpTime `json:"ops,omitempty"`
}

// An OpTime is the time per step of the operations of one kind and shape.
type OpTime struct {
	Op    string  `json:"op"`
	Shape string  `json:"shape,omitempty"`
	Step  float64 `json:"milliseconds"`
	Share float64 `json:"share"` // fraction of the step
	Rate  float64 `json:"gflops,omitempty"`
}

// A Measurement says what to measure.
type Measurement struct {
	BatchSize int           // images per step; 0: as in the spec
	Inference bool          // inference rather than training
	Ops       bool          // also time each operation
	Time      time.Duration // duration of the measurement
	Began     time.Time     // start of the time to the first step
}

// Measure trains or predicts on random noise, and returns the speed on this machine.
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
	if !o.Inference {
		if err := e.CheckRanks(comm.Self{}); err != nil {
			return nil, err
		}
	}
	b := &bench{Experiment: e, model: e.Plan.NewModel(uint64(e.Train.Seed)), training: !o.Inference, time: o.Time}
	if o.Inference {
		b.model.Fold()
	} else if err := e.checkMemory(comm.Self{}, b.model); err != nil {
		return nil, err
	}
	b.data = newNoise(e.Spec.Input, e.Plan.Classes())
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	t := &Timing{Name: e.Spec.Name, Mode: "training", Batch: e.Train.BatchSize, Memory: PeakMemory(), FirstStep: b.first.Sub(o.Began).Seconds()}
	t.Scratch = kernels.ScratchMemory()
	if o.Inference {
		t.Mode = "inference"
	} else if t.Planned, err = e.needs(comm.Self{}, b.model); err != nil {
		return nil, err
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

// A bench is a measurement of one model.
type bench struct {
	*Experiment
	model    *builder.Model
	data     dataset.Examples
	training bool
	time     time.Duration // duration of the measurement

	done    int       // duration of each step
	first   time.Time // end of the first step
	began   time.Time // start of the current step
	end     time.Time // start of the measurement
	steps   []time.Duration
	update  time.Duration // duration of the optimizer in each step
	ceiling float64       // samples in GFLOP/s
}

// warmUp is the number of steps before those that are timed.
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

// fit trains without the callbacks of the spec.
func (b *bench) fit(ctx context.Context) error {
	c := *b.Train
	c.Epochs, c.Callbacks, c.FineTune = math.MaxInt, nil, train.FineTune{}
	c.Optimizer = &timedOptimizer{c.Optimizer, &b.update}
	sets := &data.Sets{Train: b.data, Shape: b.Spec.Input, Classes: make([]string, b.Plan.Classes())}
	_, err := train.Fit(ctx, b.model, sets, &c, nil, callback.Callback{
		Batch: func(*callback.State) error { return b.step() },
	})
	return err
}

// predict runs batches forward.
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

// step records the end of a step.
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

// multiplyAddRate measures, for a quarter of a second, the multiply-adds that the machine
// computes, in GFLOP/s.
func multiplyAddRate() (best float64) {
	for end := time.Now().Add(time.Second / 4); time.Now().Before(end); {
		began := time.Now()
		flops := kernels.MultiplyAdds(500_000)
		best = max(best, float64(flops)/time.Since(began).Seconds()/1e9)
	}
	return best
}

// opTimes sums up the times per step of ops of the same kind and shape, longest first, and
// of the rest of the step.
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

// noise is random images, as fast to read as a dataset in memory.
type noise struct {
	pixels, classes int
	images          []uint8
}

// noiseImages is the number of different images.
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
