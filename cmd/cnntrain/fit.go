package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cnntrain/internal/comm"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"

	"github.com/spf13/cobra"
)

type fitOptions struct {
	spec    string
	dataDir string
	strict  bool
	out     string
	partial bool
	resume  string        // a run folder
	epochs  int           // --epochs with --resume; 0: not given
	accept  bool          // --accept-data
	every   time.Duration // --checkpoint-every
	sets    []string
	flags   []spec.Override // --epochs and similar flags
	frozen  string          // --frozen-memory
	dryRun  bool
	screen  bool // --dashboard
	json    bool
}

// fitOverrides lists the flags that set an option of the spec.
var fitOverrides = []struct{ flag, path, usage string }{
	{"dataset", "data.dataset", "train on `DATASET`: a name or the path of a folder of class folders"},
	{"epochs", "train.epochs", "train for `N` epochs"},
	{"batch-size", "train.batch_size", "batch size `N`"},
	{"limit", "data.limit", "use only the first `N` training examples"},
	{"weights", "weights.file", "start from the weights in `FILE`: of cnntrain, Keras or PyTorch"},
	{"seed", "train.seed", "random seed `N`, for everything that is random"},
	{"on-nan", "train.on_nan", "what to do on NaN: `stop`, or lower-lr to go back an epoch and halve the learning rate"},
}

func newFit(s *streams) *cobra.Command {
	o := &fitOptions{}
	cmd := &cobra.Command{
		Use:   "fit SPEC | fit --resume RUN",
		Short: "Train a model",
		Long: `Trains the model of a spec and writes a run folder, runs/NAME/N unless --out is
given: the resolved spec, the metrics of every epoch, the best and the last weights.
--weights takes .safetensors files, the .h5, .keras and .weights.h5 files of Keras, and
the .pth, .pt and .safetensors files of PyTorch; cnntrain weights FILE SPEC shows what
would be taken.

A checkpoint is saved after each epoch, every --checkpoint-every, and when ctrl-c or a
signal stops training. --resume continues from it: the run ends with the same bytes as
one that was never interrupted. With --epochs N it also continues a finished run: it ends
with the same bytes as a run of N epochs.

If cnntrain is built with the tag mpi and started by mpirun or srun, the processes train
one model: each processes its shard of every batch, and rank 0 writes the run folder
(docs/CLUSTER.md).`,
		Example: `  cnntrain fit specs/quickstart.yaml
  cnntrain fit specs/lenet5.yaml --data-dir ~/data --epochs 5 --seed 1
  cnntrain fit specs/lenet5.yaml --set train.optimizer=sgd --set train.optimizer.momentum=0.9
  cnntrain fit --resume runs/lenet5/1
  cnntrain fit --resume runs/lenet5/1 --epochs 50
  mpirun -n 4 cnntrain fit specs/vgg16.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("resume") {
				return checkResumeFlags(cmd, args)
			}
			if cmd.Flags().Changed("accept-data") {
				return fmt.Errorf("--accept-data goes with --resume; a new run takes the data as it is")
			}
			return exactly(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.every < 0 {
				return usagef("--checkpoint-every %v: must not be negative", o.every)
			}
			train := runResume
			if o.resume == "" {
				train, o.spec = runFit, args[0]
			}
			for _, f := range fitOverrides {
				flag := cmd.Flags().Lookup(f.flag)
				if flag.Changed && o.resume != "" { // --epochs: checkResumeFlags rejects the others
					n, err := strconv.Atoi(flag.Value.String())
					if err != nil || n < 1 {
						return usagef("--epochs %s: must be a whole number of at least 1", flag.Value)
					}
					o.epochs = n
				} else if flag.Changed {
					o.flags = append(o.flags, spec.TextOverride(f.path, flag.Value.String(), "--"+f.flag))
				}
			}
			if o.partial {
				o.flags = append(o.flags, spec.TextOverride("weights.partial", "true", "--partial"))
			}
			return onRanks(s, cmd.Flags().Changed("threads"), func(w comm.World, s *streams) error {
				return train(cmd.Context(), w, o, s)
			})
		},
	}
	for _, f := range fitOverrides {
		addTextFlag(cmd, new(string), f.flag, f.usage)
	}
	addDataDirFlag(cmd, &o.dataDir)
	addStrictFlag(cmd, &o.strict)
	addSetFlag(cmd, &o.sets)
	cmd.Flags().Var((*filePath)(&o.out), "out", "write the run to `DIR`, which must be empty or new")
	cmd.Flags().BoolVar(&o.partial, "partial", false, "with --weights, take the weights that fit by name and shape")
	cmd.Flags().Var((*filePath)(&o.resume), "resume", "continue the training in the run folder `RUN`, with the options it was started with")
	cmd.Flags().BoolVar(&o.accept, "accept-data", false, "with --resume, continue from the end of an epoch although images were removed, added or changed")
	cmd.Flags().DurationVar(&o.every, "checkpoint-every", 5*time.Minute, "also save a checkpoint within an epoch, every `TIME`; 0: never")
	addTextFlag(cmd, &o.frozen, "frozen-memory", "memory for the outputs of frozen layers, which are computed once; what is more goes to the image cache. `SIZE` as 2GB; 0: compute them in every epoch")
	addComputeFlags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check the spec, the data (without downloading) and the run folder, show the model with its time and memory, and exit")
	cmd.Flags().BoolVar(&o.screen, "dashboard", false, "show a full-screen dashboard with curves and metrics; q closes it and training continues")
	addJSONFlag(cmd, &o.json)
	return cmd
}

// checkResumeFlags rejects flags whose values --resume takes from the run.
func checkResumeFlags(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("--resume takes the spec from the run; leave out %s", args[0])
	}
	taken := []string{"set", "out", "partial", "dry-run", "strict"}
	for _, f := range fitOverrides {
		if f.flag != "epochs" {
			taken = append(taken, f.flag)
		}
	}
	for _, name := range taken {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--resume continues the run with its own options; omit --%s", name)
		}
	}
	return nil
}

func runFit(ctx context.Context, w comm.World, o *fitOptions, s *streams) error {
	e, err := readFit(o)
	if err = comm.Agree(w, err); err != nil {
		return err
	}
	if r, err := runs.Open(o.spec); err == nil && r.Info.Reason == runs.ReasonImported && e.Start.File == "" && w.Rank() == 0 {
		s.logf("%s was imported: training begins with new weights; those of the file are taken with %s", o.spec, "--weights "+shellWord(o.spec))
	}
	if o.dryRun {
		return dryRun(ctx, w, o, e, s)
	}
	return o.train(ctx, w, s, e.Fit)
}

// runResume resumes a run.
func runResume(ctx context.Context, w comm.World, o *fitOptions, s *streams) error {
	if sweep.Is(o.resume) {
		return usagef("%s: is a sweep; to continue it: %s", o.resume, commandLine("sweep", "--resume", o.resume))
	}
	return o.train(ctx, w, s, func(ctx context.Context, options experiment.Options) (*runs.Run, error) {
		return experiment.Resume(ctx, o.resume, options)
	})
}

// readFit reads the spec, with the overrides of flags.
func readFit(o *fitOptions) (*experiment.Experiment, error) {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return nil, err
	}
	return experiment.Load(o.spec, append(overrides, o.flags...))
}

// options converts flags to options.
func (o *fitOptions) options(w comm.World, s *streams) experiment.Options {
	return experiment.Options{Out: o.out, Every: o.every, Epochs: o.epochs, Accept: o.accept, FrozenMemory: o.frozen, Source: source(o.dataDir, o.strict, s), World: w}
}

// train trains as the flags say, and reports the result.
func (o *fitOptions) train(ctx context.Context, w comm.World, s *streams, fit func(context.Context, experiment.Options) (*runs.Run, error)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	options := o.options(w, s)
	options.Listener = &listener{s, o.screen, stop}
	r, err := fit(ctx, options)
	if err != nil || r == nil { // only on rank 0
		return err
	}
	return reportRun(r, o.json, s)
}

// reportJSON is run.json with the path of its folder.
type reportJSON struct {
	Run string `json:"run"`
	*runs.Info
}

// reportRun writes the result: run.json, or a line of text.
func reportRun(r *runs.Run, json bool, s *streams) error {
	info := &r.Info
	if json {
		return s.printJSON(reportJSON{r.Dir, info})
	}
	line := r.Dir + ": " + runs.ReasonImported
	if info.Best != nil {
		line = fmt.Sprintf("%s: best epoch %d (%s %.4f)", r.Dir, info.Best.Epoch, info.Best.Monitor, info.Best.Value)
	}
	if len(info.Test) > 0 {
		alone := "the largest class alone"
		if _, ok := info.Test.Get("balanced_accuracy"); !ok { // several classes can be true
			alone = "always deciding what is more often true of each class"
		}
		line += fmt.Sprintf("; test %s (%s would reach %.3f)", figures(info.Test), alone, info.Largest)
	}
	return s.printf("%s\n", line)
}

// figures formats metrics: "loss: 1.2301 accuracy: 0.5612".
func figures(f runs.Figures) string {
	var parts []string
	for _, fig := range f {
		parts = append(parts, fmt.Sprintf("%s: %.4f", fig.Name, fig.Value))
	}
	return strings.Join(parts, " ")
}
