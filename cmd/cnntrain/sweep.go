package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
	"cnntrain/internal/slurm"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type sweepOptions struct {
	file     string
	resume   string
	dataDir  string
	parallel int
	cpu      string
	dryRun   bool
	create   bool
	json     bool

	slurm     bool
	resources slurm.Resources
}

func newSweep(s *streams) *cobra.Command {
	o := &sweepOptions{}
	cmd := &cobra.Command{
		Use:   "sweep FILE",
		Short: "Train a spec with many settings",
		Long: `Trains a spec with each of the settings of a sweep file, chosen by grid search, random
search or successive halving, or each of them on several folds of the training data
(cross-validation). Each member of the sweep is trained in a process of its
own; the result is a list of them, best first. Everything is written to sweeps/NAME/N;
--resume continues an interrupted sweep from there.

With --slurm the members are submitted as a job array, one array for each stage, and the
command returns. sweep status shows their progress; a requeued task resumes from its last
checkpoint. --create makes the folder and trains nothing, for other launchers, which then
run sweep member.`,
		Example: `  cnntrain sweep specs/sweeps/learning-rate.yaml --dry-run
  cnntrain sweep specs/sweeps/learning-rate.yaml --parallel 4
  cnntrain sweep --resume sweeps/learning-rate/1
  cnntrain sweep specs/sweeps/learning-rate.yaml --slurm --account vision --cpus 8 --time 4:00:00`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.resume != "" {
				return exactly(0)(cmd, args)
			}
			return exactly(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("parallel") && o.parallel < 1 {
				return usagef("--parallel %d: must be at least 1", o.parallel)
			}
			if err := checkSlurmFlags(cmd, o); err != nil {
				return err
			}
			o.cpu = cmd.Flag("cpu").Value.String()
			if o.resume != "" {
				return runSweepResume(cmd.Context(), o, s)
			}
			if o.file = args[0]; sweep.Is(o.file) {
				return usagef("%s: is a sweep that was begun; to continue it: %s", o.file, commandLine("sweep", "--resume", o.file))
			}
			return runSweep(cmd.Context(), o, s)
		},
	}
	addTextFlag(cmd, &o.resume, "resume", "continue the sweep in `DIR`")
	addDataDirFlag(cmd, &o.dataDir)
	cmd.Flags().IntVar(&o.parallel, "parallel", 0, "train `N` members in parallel (default: the file's parallel)")
	addComputeFlags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check everything, list the members, and exit")
	cmd.Flags().BoolVar(&o.create, "create", false, "make the folder, print its path, and exit")
	addSlurmFlags(cmd, o)
	addJSONFlag(cmd, &o.json)
	cmd.AddCommand(newSweepStatus(s), newSweepMember(s))
	return cmd
}

func newSweepStatus(s *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Show the progress of a sweep's members, best first",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := sweep.Open(args[0])
			if err != nil {
				return err
			}
			return runSweepStatus(cmd.Context(), w, json, s)
		},
	}
	addJSONFlag(cmd, &json)
	return cmd
}

// runSweepStatus lists the members of a sweep, and its jobs in Slurm if it was submitted.
func runSweepStatus(ctx context.Context, w *sweep.Sweep, json bool, s *streams) error {
	if !submitted(w) {
		return printBoard(s, w, json)
	}
	queue, err := queueOf(ctx, w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if json {
		board := newBoard(w)
		board.Queue = queue
		if err := s.printJSON(board); err != nil {
			return err
		}
	} else if err := printBoard(s, w, false); err != nil {
		return err
	}
	if err != nil { // the members are still known
		s.logf("the queue of Slurm is not known: %v", err)
		return nil
	}
	showQueue(queue, s)
	return nil
}

func runSweep(ctx context.Context, o *sweepOptions, s *streams) error {
	src := source(o.dataDir, false, s)
	src.Offline = o.dryRun
	plan, resolved, err := experiment.PlanSweep(ctx, o.file, src)
	if err != nil {
		return err
	}
	if o.dataDir != "" {
		if plan.DataDir, err = filepath.Abs(o.dataDir); err != nil {
			return err
		}
	}
	if o.dryRun && o.slurm {
		return showScripts(o, &sweep.Sweep{Dir: runs.Next("sweeps", plan.Name), Plan: plan}, s)
	}
	if o.dryRun {
		if o.json {
			return s.printJSON(plan)
		}
		return printMembers(s, plan)
	}
	file, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	w, err := sweep.Create("sweeps", plan, resolved, file)
	switch {
	case err != nil:
		return err
	case o.create:
		err := s.printf("%s\n", w.Dir)
		return err
	case o.slurm:
		return submitSweep(ctx, o, w, s)
	}
	return trainSweep(ctx, o, w, s)
}

func runSweepResume(ctx context.Context, o *sweepOptions, s *streams) error {
	open := sweep.Resume
	if o.dryRun {
		open = sweep.Open
	}
	w, err := open(o.resume)
	if err != nil {
		return err
	}
	if o.dataDir == "" {
		o.dataDir = w.DataDir
	}
	switch {
	case o.dryRun && o.slurm:
		return showScripts(o, w, s)
	case o.dryRun:
		return printBoard(s, w, o.json)
	case o.slurm:
		return submitSweep(ctx, o, w, s)
	}
	return trainSweep(ctx, o, w, s)
}

// process returns the threads and CPU of members, as the flags say.
func (o *sweepOptions) process(threads int) sweep.Process {
	return sweep.Process{DataDir: o.dataDir, CPU: o.cpu, Threads: threads}
}

func trainSweep(ctx context.Context, o *sweepOptions, w *sweep.Sweep, s *streams) error {
	parallel := w.Parallel
	if o.parallel > 0 {
		parallel = o.parallel
	}
	threads := max(1, kernels.Threads()/parallel)
	s.logf("sweep of %s, %d at once with %s each, in %s", words.Count(len(w.Members), "member"), parallel, words.Count(threads, "thread"), w.Dir)
	process := o.process(threads)
	progress := newSweepProgress(s, w)
	train := func(ctx context.Context, j sweep.Job) error {
		progress.begins(j)
		defer progress.ends(j)
		return trainMember(ctx, w, j, process, s)
	}
	err := w.Run(ctx, parallel, train, func(r sweep.Result, err error) {
		progress.print(func() { s.logf("member %d (%s): %s", r.Member, setting(w, r.Values), outcome(w, r, err)) })
	})
	progress.stop()
	if ctx.Err() != nil {
		s.logf("to resume: %s", commandLine("sweep", "--resume", w.Dir))
	}
	if err != nil {
		return err
	}
	board := newBoard(w)
	if err := finishFolds(ctx, w, &board, o.dataDir, s); err != nil {
		return err
	}
	if err := showBoard(s, w, board, o.json); err != nil {
		return err
	}
	finished := func(r sweep.Result) bool { return r.Status == runs.Finished }
	switch left := w.Left(); {
	case left == 0 && !slices.ContainsFunc(w.Board(), finished):
		return fmt.Errorf("every member failed; what each said is in %s", w.Dir)
	case left > 0:
		return fmt.Errorf("%s did not get to an end; to try again: cnntrain sweep --resume %s", words.Count(left, "member"), words.Shell(w.Dir))
	}
	return nil
}

// outcome summarizes the state of a member in a few words.
func outcome(w *sweep.Sweep, r sweep.Result, err error) string {
	switch {
	case r.Status == runs.Finished && r.Value != nil:
		return fmt.Sprintf("%s %.4f in epoch %d of %d, %s", w.Metric, *r.Value, r.Epoch, r.Epochs, took(r.Seconds))
	case r.Reason != "":
		return r.Reason
	}
	return fmt.Sprintf("%v; see %s.log", err, r.Run)
}

// setting formats PATH=VALUE for each param in which members differ.
func setting(w *sweep.Sweep, values []string) string {
	var all []string
	for _, i := range w.Varying() {
		all = append(all, w.Params[i]+"="+values[i])
	}
	return strings.Join(all, ", ")
}
