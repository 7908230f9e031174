package main

import (
	"context"
	"fmt"
	"time"

	"cnntrain/internal/experiment"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/table"
	"cnntrain/internal/words"
	"cnntrain/specs"

	"github.com/spf13/cobra"
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
		Long: `Trains each model on random images for a few seconds, with the same code as fit. Shows
the images per second, and which fraction of this machine's multiply-add rate the model
reaches; that rate is measured in between. Without a SPEC, LeNet5 is measured.`,
		Example: `  cnntrain bench specs/vgg13.yaml --threads 1 --ops
  cnntrain bench specs/lenet5.yaml specs/vgg16.yaml --inference --batch-size 1 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.specs = args
			if err := checkBatchSize(cmd, o.batchSize); err != nil {
				return err
			}
			if o.time <= 0 {
				return usagef("--time %v: must be above 0", o.time)
			}
			return runBench(cmd.Context(), o, s)
		},
	}
	cmd.Flags().IntVar(&o.batchSize, "batch-size", 0, "batch size `N` (default: the spec's batch_size)")
	cmd.Flags().DurationVar(&o.time, "time", 5*time.Second, "measure each model for `DURATION`")
	cmd.Flags().BoolVar(&o.inference, "inference", false, "measure inference instead of training")
	cmd.Flags().BoolVar(&o.ops, "ops", false, "also show the time spent in each operation")
	addSetFlag(cmd, &o.sets)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

// benchJSON is the document of --json.
type benchJSON struct {
	Machine runs.Machine        `json:"machine"`
	Models  []experiment.Timing `json:"models"`
}

func runBench(ctx context.Context, o *benchOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	began := processStarted
	paths := o.specs
	experiments := make([]*experiment.Experiment, len(paths))
	if len(paths) == 0 {
		var problems spec.Problems
		paths = []string{"lenet5.yaml"}
		e, err := experiment.New(spec.Parse(paths[0], specs.Text("lenet5"), overrides, &problems), &problems)
		if err != nil {
			return err
		}
		experiments = append(experiments, e)
	}
	for i, path := range o.specs {
		if experiments[i], err = experiment.Load(path, overrides); err != nil {
			return err
		}
	}
	result := benchJSON{Machine: experiment.ThisMachine()}
	if !o.json {
		s.printf("%s, %s kernels, %s\n\n", result.Machine.CPU, kernels.CPU(), words.Count(kernels.Threads(), "thread"))
	}
	for i, e := range experiments {
		t, err := e.Measure(ctx, experiment.Measurement{
			BatchSize: o.batchSize, Inference: o.inference, Ops: o.ops, Time: o.time, Began: began,
		})
		if err != nil {
			return err
		}
		t.Spec = paths[i]
		result.Models = append(result.Models, *t)
		if !o.json {
			if err := printTiming(t, s); err != nil {
				return err
			}
		}
		began = time.Now()
	}
	if o.json {
		return s.printJSON(result)
	}
	_, err = fmt.Fprint(s.out, request(result.Machine))
	return err
}

// request asks for measurements missing in docs/PERFORMANCE.md: NEON has not been measured on a
// real processor.
func request(m runs.Machine) string {
	if m.Kernels != "neon" {
		return ""
	}
	return `docs/PERFORMANCE.md has no figures of processors with arm64 yet. Please open an issue with
the output of this command, run while nothing else computes:

  cnntrain bench specs/lenet5.yaml specs/vgg13.yaml specs/vgg16.yaml --ops --json

`
}

// printTiming prints a timing as text.
func printTiming(t *experiment.Timing, s *streams) error {
	w := table.New(s.out)
	w.Printf("%s, %s, batch %d\n", t.Name, t.Mode, t.Batch)
	w.Printf("  images a second\t%s\t%.2f ms a step, %.2f at best, %s\n", words.Commas(int(t.Images)), t.Step, t.Fastest, words.Count(t.Steps, "step"))
	w.Printf("  GFLOP/s\t%.1f\t%.0f%% of the %.1f of multiply-adds alone\n", t.GFLOPS, 100*t.Share, t.Ceiling)
	if t.Memory > 0 {
		w.Printf("  memory\t%s MB\tat most, of the whole process", words.Commas(t.Memory>>20))
		if t.Planned > 0 {
			w.Printf("; %s MB for the model as planned, %s MB of scratch memory", words.Commas(int(t.Planned>>20)), words.Commas(int(t.Scratch>>20)))
		}
		w.Printf("\n")
	}
	w.Printf("  first step\t%.2f s\tfrom start to end of it\n", t.FirstStep)
	if err := w.Flush(); err != nil {
		return err
	}
	if len(t.Ops) > 0 {
		s.printf("\n")
		w = table.New(s.out)
		w.Right = true
		w.Printf("ms\t%%\tGFLOP/s\t op\t\n")
		for _, op := range t.Ops {
			rate := ""
			if op.Rate > 0 {
				rate = fmt.Sprintf("%.1f", op.Rate)
			}
			w.Printf("%.3f\t%.1f\t%s\t %s %s\n", op.Step, 100*op.Share, rate, op.Op, op.Shape)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return s.printf("\n")
}
