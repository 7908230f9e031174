package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"cnntrain/internal/experiment"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

// newSweepMember trains one member, as a task of a job array of Slurm or of an indexed job
// of Kubernetes.
func newSweepMember(s *streams) *cobra.Command {
	o := &sweepOptions{}
	var task, stage int
	cmd := &cobra.Command{
		Use:   "member DIR --task N",
		Short: "Train one member of a sweep, as a task on a cluster",
		Long: `Trains member N of the sweep in DIR, made by sweep --create or --slurm. It resumes a
member that was interrupted, and does nothing for one that is done. In a sweep by
successive halving, --stage selects the stage; the members of stage 2 are the best of
stage 1, which must have finished.`,
		Example: `  cnntrain sweep member sweeps/learning-rate/1 --task "$SLURM_ARRAY_TASK_ID"`,
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("task") {
				return usagef("--task is missing: the number of a member, from 0")
			}
			o.cpu = cmd.Flag("cpu").Value.String()
			if !cmd.Flags().Changed("threads") {
				kernels.SetThreads(slurmThreads(os.Getenv, kernels.Threads()))
			}
			w, err := sweep.Open(args[0])
			if err != nil {
				return err
			}
			if task < 0 || stage < 1 || stage > len(w.Stages) || task >= w.Stages[stage-1].Members {
				return usagef("--stage %d --task %d: %s has %s", stage, task, w.Dir, tasksOf(w))
			}
			if o.dataDir == "" {
				o.dataDir = w.DataDir
			}
			return runSweepMember(cmd.Context(), o, w, stage-1, task, s)
		},
	}
	cmd.Flags().IntVar(&task, "task", 0, "train member `N` of the stage, from 0")
	cmd.Flags().IntVar(&stage, "stage", 1, "train a member of stage `N`, from 1")
	addDataDirFlag(cmd, &o.dataDir)
	addComputeFlags(cmd)
	return cmd
}

// tasksOf returns the tasks of a sweep.
func tasksOf(w *sweep.Sweep) string {
	text := ""
	for i, stage := range w.Stages {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("tasks 0 to %d in stage %d", stage.Members-1, i+1)
	}
	return text
}

func runSweepMember(ctx context.Context, o *sweepOptions, w *sweep.Sweep, stage, task int, s *streams) error {
	j, over, err := w.Task(stage, task)
	if err != nil {
		return err
	}
	if over {
		s.logf("task %d of stage %d of %s has nothing to do", task, stage+1, w.Dir)
		return finishSweep(ctx, w, o.dataDir, s)
	}
	s.logf("member %d of %s, with %s; what it says is in %s.log", j.Member+1, w.Dir, words.Count(kernels.Threads(), "thread"), j.Dir)
	err = trainMember(ctx, w, j, o.process(kernels.Threads()), s)
	r := w.Outcome(j)
	s.logf("member %d (%s): %s", r.Member, setting(w, r.Values), outcome(w, r, err))
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit) && r.Status != runs.Failed:
		return fmt.Errorf("member %d: %w", r.Member, err)
	}
	if failed := finishSweep(ctx, w, o.dataDir, s); failed != nil {
		return failed
	}
	if err != nil {
		return memberFailed{exitCode(err)}
	}
	return nil
}

// finishSweep does what is left when the last member is trained, also if it failed, or if the task that
// trained it was ended before it had done so.
func finishSweep(ctx context.Context, w *sweep.Sweep, dataDir string, s *streams) error {
	board := newBoard(w)
	return finishFolds(ctx, w, &board, dataDir, s)
}

// slurmThreads returns how many threads a task of Slurm has, n without Slurm. The second variable is there without
// --cpus-per-task too; tasks on the same processors share it.
func slurmThreads(env func(string) string, n int) int {
	if k, err := strconv.Atoi(env("SLURM_CPUS_PER_TASK")); err == nil && k > 0 {
		return k
	}
	if k, err := strconv.Atoi(env("SLURM_CPUS_ON_NODE")); err == nil && k > 0 {
		return min(n, k)
	}
	return n
}

// trainMember trains a member. In a later stage it continues the training of the stage before.
func trainMember(ctx context.Context, w *sweep.Sweep, j sweep.Job, p sweep.Process, s *streams) error {
	if !j.Resume && j.Before != "" {
		if err := experiment.Continued(j.Before, j.Dir, j.Epochs); err == nil {
			j.Resume = true
		} else {
			s.logf("member %d is trained from the start: %v", j.Member+1, textOf(err))
		}
	}
	return w.Train(ctx, j, p)
}

// A memberFailed says that a member failed, which outcome has reported.
type memberFailed struct{ code int }

func (e memberFailed) Error() string { return "the member failed" }

// exitCode returns that of a failed process, 1 if there was none.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode()
	}
	return exitFailed
}
