package main

import (
	"context"
	"errors"
	"fmt"

	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2   // wrong usage, or a spec that cannot be used
	exitInterrupted = 130 // by a person, with the state saved
)

// newRoot returns the program with all its commands.
func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "cnntrain",
		Short: "Train convolutional image classifiers from a YAML file",
		Long: `cnntrain trains convolutional image classifiers from a YAML file that lists
layers, with the names and numbers of Keras.

  cnntrain fit specs/quickstart.yaml     train
  cnntrain eval runs/quickstart/1        loss and accuracy on test data
  cnntrain summary specs/lenet5.yaml     layers, shapes, parameters

Results go to standard output, everything else to standard error.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newFit(s),
		newEval(s),
		newSummary(s),
		newValidate(s),
		newExport(s),
		newImport(s),
		newData(s),
		newBench(s),
		newSchema(s),
		newVersion(s),
		newDocs(s),
	)
	root.SetOut(s.out)
	root.SetErr(s.err)
	return root
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, s *streams) int {
	root := newRoot(s)
	started := false // else what is wrong is the command line
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	s.showError(err)
	var invalid spec.Invalid
	var usage usageError
	switch {
	case canceled(err):
		return exitInterrupted
	case !started:
		fmt.Fprintf(s.err, "Try '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	case errors.As(err, &invalid), errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// A usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
