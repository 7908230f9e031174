package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
)

type fitOptions struct {
	spec    string
	dataDir string
	strict  bool
	out     string
	weights string
	resume  string        // a run folder
	every   time.Duration // --checkpoint-every
	sets    []string
	flags   []spec.Override // --epochs and the like
	dryRun  bool
	screen  bool // --dashboard
	json    bool
}

// fitOverrides is the flags that stand for an option of the spec.
var fitOverrides = []struct{ flag, path, usage string }{
	{"dataset", "data.dataset", "train on `DATASET`, a name or the path of a folder of class folders"},
	{"epochs", "train.epochs", "train for `N` epochs"},
	{"batch-size", "train.batch_size", "`N` examples per step"},
	{"limit", "data.limit", "use the first `N` training examples only"},
	{"seed", "train.seed", "seed `N` decides all that is random"},
	{"on-nan", "train.on_nan", "what to do about NaN: `stop`, or lower-lr to go back an epoch and halve the learning rate"},
}

func newFit(s *streams) *cobra.Command {
	o := &fitOptions{}
	cmd := &cobra.Command{
		Use:   "fit SPEC | fit --resume RUN",
		Short: "Train a model",
		Long: `Trains the model of a spec and writes a run folder, runs/NAME/N unless --out is
given: the resolved spec, figures of every epoch, the best and the last weights.
--weights takes .safetensors files and the .h5 and .weights.h5 files of Keras.

The state of the training is saved after each epoch, every --checkpoint-every, and
when ctrl-c or a signal ends it. --resume goes on from there: the run ends with the
same bytes as one that was never interrupted.

Built with the tag mpi and started by mpirun or srun, the processes train as one: each
takes its share of every batch, and the first writes the run folder (docs/CLUSTER.md).`,
		Example: `  cnntrain fit specs/quickstart.yaml
  cnntrain fit specs/lenet5.yaml --data-dir ~/data --epochs 5 --seed 1
  cnntrain fit specs/lenet5.yaml --set train.optimizer=sgd --set train.optimizer.momentum=0.9
  cnntrain fit --resume runs/lenet5/1
  mpirun -n 4 cnntrain fit specs/vgg16.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("resume") {
				return checkResumeFlags(cmd, args)
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
				if flag := cmd.Flags().Lookup(f.flag); flag.Changed {
					o.flags = append(o.flags, spec.TextOverride(f.path, flag.Value.String(), "--"+f.flag))
				}
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
	addTextFlag(cmd, &o.out, "out", "write the run to `DIR`, which must be empty or new")
	addTextFlag(cmd, &o.weights, "weights", "start from the weights in `FILE`")
	addTextFlag(cmd, &o.resume, "resume", "go on with the training in the run folder `RUN`, as it was begun")
	cmd.Flags().DurationVar(&o.every, "checkpoint-every", 5*time.Minute, "save the state within an epoch, too, once `TIME` has passed; 0: never")
	addComputeFlags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check spec, data (without a download) and run folder, show the model and what time and memory it takes, and stop")
	cmd.Flags().BoolVar(&o.screen, "dashboard", false, "show curves and figures on the whole terminal; q leaves it, and training goes on")
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runFit(ctx context.Context, w comm.World, o *fitOptions, s *streams) error {
	e, err := readFit(w, o)
	if err = comm.Agree(w, err); err != nil {
		return err
	}
	f := &fit{options: o, Experiment: e, world: w, model: e.Plan.NewModel(uint64(e.Train.Seed)), streams: s}
	err = onFirst(w, func() error {
		if o.weights != "" {
			if err := e.StartFrom(f.model, o.weights); err != nil {
				return err
			}
		}
		if err := runs.Check(runDir(o, e)); err != nil {
			return err // before anything is downloaded
		}
		if o.dryRun {
			return dryRun(ctx, o, e, f.model, s)
		}
		return nil
	})
	if err != nil || o.dryRun {
		return err
	}
	src, err := source(o.dataDir, o.strict, s)
	if err != nil {
		return err
	}
	if f.sets, err = loadOnRanks(ctx, w, e, src); err != nil {
		return err
	}
	if err := sameFacts(w, e, f.sets); err != nil {
		return err
	}
	err = onFirst(w, func() error {
		f.run, err = newRun(w, o, e, f.sets)
		return err
	})
	if err != nil {
		return err
	}
	return f.do(ctx, nil)
}

// readFit reads the spec and checks what can be checked before anything is written.
func readFit(w comm.World, o *fitOptions) (*experiment.Experiment, error) {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return nil, err
	}
	e, err := experiment.Load(o.spec, append(overrides, o.flags...))
	if err != nil {
		return nil, err
	}
	return e, e.CheckRanks(w)
}

// runDir is the run folder that would be made now.
func runDir(o *fitOptions, e *experiment.Experiment) string {
	if o.out != "" {
		return o.out
	}
	return runs.Next("runs", e.Spec.Name)
}

// newRun makes the run folder with the resolved spec in it.
func newRun(w comm.World, o *fitOptions, e *experiment.Experiment, sets *data.Sets) (*runs.Run, error) {
	var r *runs.Run
	var err error
	if o.out != "" {
		r, err = runs.CreateAt(o.out)
	} else {
		r, err = runs.Create("runs", e.Spec.Name)
	}
	if err != nil {
		return nil, err
	}
	var start *runs.Weights
	if o.weights != "" {
		digest, err := fileDigest(o.weights)
		if err != nil {
			return nil, err
		}
		start = &runs.Weights{File: o.weights, Digest: digest}
	}
	trainable, frozen := e.Plan.Params()
	r.Info = runs.Info{
		Name: e.Spec.Name, Spec: o.spec, Status: runs.Running, Command: os.Args, Process: runs.ThisProcess(),
		Ranks: ranksOf(w), Weights: start, Started: time.Now().UTC().Truncate(time.Second), Seed: e.Train.Seed, Params: trainable + frozen,
		Machine: experiment.ThisMachine(), Epochs: []runs.Figures{},
	}
	if r.Info.Dataset, err = datasetInfo(o, e, sets); err != nil {
		return nil, err
	}
	resolved, err := e.Spec.Resolved()
	if err != nil {
		return nil, err
	}
	err = r.Write(runs.SpecFile, func(w io.Writer) error { _, err := w.Write(resolved); return err })
	return r, errors.Join(err, r.SaveInfo())
}

// fileDigest returns the SHA-256 of a file in hexadecimal digits.
func fileDigest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func datasetInfo(o *fitOptions, e *experiment.Experiment, sets *data.Sets) (runs.Dataset, error) {
	dir, err := experiment.DataDir(o.dataDir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	d := runs.Dataset{DataDir: dir, Name: e.Data.Name, Path: sets.Dir, Digest: sets.Digest, Classes: sets.Classes, Skipped: len(sets.Skipped), Train: sets.Train.Len()}
	if sets.Val != nil {
		d.Validation = sets.Val.Len()
	}
	if sets.Test != nil {
		d.Test = sets.Test.Len()
	}
	return d, err
}
