package main

import (
	"errors"
	"fmt"

	"cnntrain/internal/runs"
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
all results stay, but such a run cannot be trained for more epochs.`,
		Example: `  cnntrain runs rm runs/lenet5/1
  cnntrain runs rm --states --yes runs/lenet5/*`,
		Args: atLeast(1),
		RunE: func(_ *cobra.Command, args []string) error { return runRunsRemove(args, yes, states, s) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&states, "states", false, "delete only the checkpoints of finished runs; the best weights stay")
	return cmd
}

func runRunsRemove(dirs []string, yes, states bool, s *streams) (err error) {
	check, remove := runs.CheckRemove, removeRun
	if states {
		check, remove = runs.CheckTrim, trimRun
	}
	for _, dir := range dirs {
		if err := check(dir); err != nil {
			return err // before anything is deleted
		}
	}
	if !yes {
		what := dirs[0]
		if len(dirs) > 1 {
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

// removeRun deletes a run and says so.
func removeRun(dir string) (done string, err error) {
	return "deleted " + dir, runs.Remove(dir)
}

// trimRun deletes the training states of a run and says how much they took.
func trimRun(dir string) (done string, err error) {
	freed, err := runs.Trim(dir)
	return fmt.Sprintf("deleted the checkpoints of %s, %s", dir, words.Size(freed)), err
}
