package main

import (
	"errors"
	"fmt"

	"cnntrain/internal/runs"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newRunsRemove(s *streams) *cobra.Command {
	var yes, states bool
	cmd := &cobra.Command{
		Use:   "rm RUN...",
		Short: "Delete runs after confirmation",
		Long: `Deletes runs after confirmation. With --states, only the checkpoints of finished runs are
deleted (last.safetensors: the last weights and the optimizer's state). The best weights and
all results stay, but such a run cannot be trained for more epochs. The folder of a sweep is
deleted with all its members; with --states, their checkpoints.`,
		Example: `  cnntrain runs rm runs/lenet5/1
  cnntrain runs rm --states --yes runs/lenet5/*
  cnntrain runs rm sweeps/learning-rate/1`,
		Args: atLeast(1),
		RunE: func(_ *cobra.Command, args []string) error { return runRunsRemove(args, yes, states, s) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&states, "states", false, "delete only the checkpoints of finished runs; the best weights stay")
	return cmd
}

func runRunsRemove(dirs []string, yes, states bool, s *streams) (err error) {
	check, remove := checkRemove, removeRun
	if states {
		check, remove = runs.CheckTrim, trimRun
		if dirs, err = withMembers(dirs); err != nil {
			return err
		}
	}
	if len(dirs) == 0 {
		return errors.New("the sweep has no members yet")
	}
	for _, dir := range dirs {
		if err := check(dir); err != nil {
			return err // before anything is deleted
		}
	}
	if !yes {
		what := dirs[0]
		if len(dirs) == 1 && sweep.Is(dirs[0]) {
			what = "the sweep " + dirs[0]
		} else if len(dirs) > 1 {
			what = words.Count(len(dirs), "run")
		}
		if states {
			what = "the checkpoints of " + what
		}
		if yes, err = s.ask("delete " + what); err != nil {
			return err
		} else if !yes {
			return errors.New("nothing deleted")
		}
	}
	for _, dir := range dirs {
		done, err := remove(dir)
		if err != nil {
			return err
		}
		if err := s.printf("%s\n", done); err != nil {
			return err
		}
	}
	return nil
}

// withMembers replaces sweeps by the runs of their members.
func withMembers(dirs []string) (all []string, err error) {
	for _, dir := range dirs {
		if !sweep.Is(dir) {
			all = append(all, dir)
			continue
		}
		w, err := sweep.Open(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, w.Runs()...)
	}
	return all, nil
}

// checkRemove returns the error that removeRun would return.
func checkRemove(dir string) error {
	if sweep.Is(dir) {
		return sweep.CheckRemove(dir)
	}
	if few := sweep.Within(dir); few != "" {
		return fmt.Errorf("%s: is a folder of sweeps; choose one: %s", dir, few)
	}
	return runs.CheckRemove(dir)
}

// removeRun deletes a run, or a sweep, and says so.
func removeRun(dir string) (done string, err error) {
	if sweep.Is(dir) {
		return "deleted the sweep " + dir, sweep.Remove(dir)
	}
	return "deleted " + dir, runs.Remove(dir)
}

// trimRun deletes the training states of a run and says how much they took.
func trimRun(dir string) (done string, err error) {
	freed, err := runs.Trim(dir)
	return fmt.Sprintf("deleted the checkpoints of %s, %s", dir, words.Size(freed)), err
}
