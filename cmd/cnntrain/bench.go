package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"text/tabwriter"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/kernels"
	"cnntrain/internal/random"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"
	"cnntrain/specs"

	"github.com/spf13/cobra"
	"gorgonia.org/gorgonia"
)

type benchOptions struct {
	specs     []string
	sets      []string
	batchSize int
	time      time.Duration
	inference bool
	ops       bool
	json      bool
}

func newBench(s *streams) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [SPEC...]",
		Short: "Measure how fast models train on this machine",
		Long: `Trains each model on noise for a few seconds, by the same code as fit, and shows how
many images a second that is and what part of this machine's multiply-add rate,
measured in between. Without a SPEC, LeNet5 is measured.`,
		Example: `  cnntrain bench specs/vgg13.yaml --threads 1 --ops
  cnntrain bench specs/lenet5.yaml specs/vgg16.yaml --inference --batch-size 1 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.specs = args
			if cmd.Flags().Changed("batch-size") && o.batchSize < 1 {
				return usagef("--batch-size %d: must be at least 1", o.batchSize)
			}
			if o.time <= 0 {
				return usagef("--time %v: must be above 0", o.time)
			}
			return runBench(cmd.Context(), o, s)
		},
	}
	cmd.Flags().IntVar(&o.batchSize, "batch-size", 0, "`N` images a step (default: as the spec says)")
	cmd.Flags().DurationVar(&o.time, "time", 5*time.Second, "measure each model for `DURATION`")
	cmd.Flags().BoolVar(&o.inference, "inference", false, "measure predictions instead of training steps")
	cmd.Flags().BoolVar(&o.ops, "ops", false, "also show the time of each operation")
	addSetFlag(cmd, &o.sets)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

// benchJSON is the result of --json.
type benchJSON struct {
	Machine runs.Machine  `json:"machine"`
	Models  []modelTiming `json:"models"`
}

// A modelTiming is how fast one model is.
type modelTiming struct {
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
	Ops       []opJSON `json:"ops,omitempty"`
}

type opJSON struct {
	Op    string  `json:"op"`
	Shape string  `json:"shape,omitempty"`
	Step  float64 `json:"milliseconds"`
	Share float64 `json:"share"` // of the step
	Rate  float64 `json:"gflops,omitempty"`
}

func runBench(ctx context.Context, o *benchOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	began := processStarted
	paths := o.specs
	if len(paths) == 0 {
		dir, err := os.MkdirTemp("", "cnntrain-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		paths = []string{filepath.Join(dir, "lenet5.yaml")}
		if err := os.WriteFile(paths[0], specs.Text("lenet5"), 0o600); err != nil {
			return err
		}
	}
	experiments := make([]*experiment, len(paths))
	for i, path := range paths {
		if experiments[i], err = loadExperiment(path, overrides); err != nil {
			return err
		}
	}
	result := benchJSON{Machine: thisMachine()}
	if !o.json {
		fmt.Fprintf(s.out, "%s, %s kernels, %s\n\n", result.Machine.CPU, kernels.CPU(), plural(kernels.Threads(), "thread"))
	}
	for i, e := range experiments {
		t, err := benchModel(ctx, o, e, began)
		if err != nil {
			return err
		}
		t.Spec = paths[i]
		result.Models = append(result.Models, *t)
		if !o.json {
			if err := t.print(s); err != nil {
				return err
			}
		}
		began = time.Now()
	}
	if o.json {
		return s.printJSON(result)
	}
	return nil
}

// benchModel times one model.
func benchModel(ctx context.Context, o *benchOptions, e *experiment, began time.Time) (*modelTiming, error) {
	debug.FreeOSMemory()
	resetPeakMemory()
	if o.batchSize > 0 {
		e.train.BatchSize = o.batchSize
	}
	b := &bench{experiment: e, model: e.plan.NewModel(uint64(e.train.Seed)), training: !o.inference, time: o.time}
	b.data = newNoise(e.spec.Input, e.plan.Classes())
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	t := &modelTiming{Name: e.spec.Name, Mode: "training", Batch: e.train.BatchSize, Memory: peakMemory(), FirstStep: b.first.Sub(began).Seconds()}
	if o.inference {
		t.Mode = "inference"
	}
	steps := slices.Sorted(slices.Values(b.steps))
	median := steps[len(steps)/2]
	costs, err := b.model.Costs(e.train.BatchSize, b.training)
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
	if o.ops {
		t.Ops = b.opTimes(costs)
	}
	return t, nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

// A bench is one model being timed.
type bench struct {
	*experiment
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
	c := *b.train
	c.Epochs, c.Callbacks = math.MaxInt, nil
	c.Optimizer = &timedOptimizer{c.Optimizer, &b.update}
	sets := &data.Sets{Train: b.data, Shape: b.spec.Input, Classes: make([]string, b.plan.Classes())}
	_, err := train.Fit(ctx, b.model, sets, &c, nil, callback.Callback{
		Batch: func(*callback.State) error { return b.step() },
	})
	return err
}

// predict runs batch after batch forward.
func (b *bench) predict(ctx context.Context) error {
	loader := data.NewLoader(b.data, b.plan.Input.Size(), b.train.BatchSize)
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
		if err := b.model.Measure(b.train.BatchSize, b.training); err != nil {
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
func (b *bench) opTimes(costs []builder.Cost) []opJSON {
	var total, rest time.Duration
	for _, d := range b.steps {
		total += d
	}
	rest = total - b.update
	n := float64(len(b.steps))
	line := func(op, shape string, d time.Duration, flops int) opJSON {
		l := opJSON{Op: op, Shape: shape, Step: milliseconds(d) / n, Share: d.Seconds() / total.Seconds()}
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
	var lines []opJSON
	for k, c := range sums {
		lines = append(lines, line(k.op, k.shape, c.Time, c.Flops))
	}
	if b.training {
		lines = append(lines, line("optimizer", "", b.update, 0))
	}
	lines = append(lines, line("input, metrics", "", rest, 0))
	slices.SortFunc(lines, func(a, b opJSON) int {
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

// print shows a timing to a person.
func (t *modelTiming) print(s *streams) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s, batch %d\n", t.Name, t.Mode, t.Batch)
	fmt.Fprintf(w, "  images a second\t%s\t%.2f ms a step, %.2f at best, %s\n", commas(int(t.Images)), t.Step, t.Fastest, plural(t.Steps, "step"))
	fmt.Fprintf(w, "  GFLOP/s\t%.1f\t%.0f%% of the %.1f of multiply-adds alone\n", t.GFLOPS, 100*t.Share, t.Ceiling)
	if t.Memory > 0 {
		fmt.Fprintf(w, "  memory\t%s MB\tat most, of the whole process\n", commas(t.Memory>>20))
	}
	fmt.Fprintf(w, "  first step\t%.2f s\tfrom start to end of it\n", t.FirstStep)
	if err := w.Flush(); err != nil {
		return err
	}
	if len(t.Ops) > 0 {
		fmt.Fprintln(s.out)
		w = tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "ms\t%\tGFLOP/s\t op\t")
		for _, op := range t.Ops {
			rate := ""
			if op.Rate > 0 {
				rate = fmt.Sprintf("%.1f", op.Rate)
			}
			fmt.Fprintf(w, "%.3f\t%.1f\t%s\t %s %s\n", op.Step, 100*op.Share, rate, op.Op, op.Shape)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(s.out)
	return err
}
