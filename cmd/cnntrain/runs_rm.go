package main

import (
	"errors"
	"fmt"

	"cnntrain/internal/runs"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newRunsRemove(s *streams) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm RUN...",
		Short: "Delete runs after confirmation",
		Args:  atLeast(1),
		RunE:  func(_ *cobra.Command, args []string) error { return runRunsRemove(args, yes, s) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for confirmation")
	return cmd
}

func runRunsRemove(dirs []string, yes bool, s *streams) (err error) {
	for _, dir := range dirs {
		if err := runs.CheckRemove(dir); err != nil {
			return err // before anything is deleted
		}
	}
	if !yes {
		what := dirs[0]
		if len(dirs) > 1 {
			what = words.Count(len(dirs), "run")
		}
		if yes, err = s.ask("delete " + what); err != nil {
			return err
		} else if !yes {
			return errors.New("nothing deleted")
		}
	}
	for _, dir := range dirs {
		if err := runs.Remove(dir); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.out, "deleted %s\n", dir); err != nil {
			return err
		}
	}
	return nil
}
