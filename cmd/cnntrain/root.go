package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cnntrain/internal/comm/mpi"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes, besides that of a program ended by a signal.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage, or an invalid spec
)

// newRoot returns the program with all its commands.
func newRoot(s *streams) *cobra.Command {
	var version bool
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return printVersion(s)
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&version, "version", false, "the same as cnntrain version")
	root.AddCommand(
		newFit(s),
		newEval(s),
		newPredict(s),
		newNew(s),
		newExplain(s),
		newSummary(s),
		newValidate(s),
		newVerify(s),
		newRuns(s),
		newAugment(s),
		newLRFind(s),
		newPlot(s),
		newSweep(s),
		newReport(s),
		newExport(s),
		newWeights(s),
		newImport(s),
		newData(s),
		newBench(s),
		newSchema(s),
		newVersion(s),
		newDocs(s),
	)
	addCompletion(root)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(explainFlag)
	root.SetGlobalNormalizationFunc(oneName)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range append(root.Commands(), root) {
		switch {
		case cmd.Name() == "help":
			cmd.RunE = func(_ *cobra.Command, args []string) error { return help(root, args) }
		case cmd.HasSubCommands() && cmd.Name() != "sweep": // which accepts a file too
			refuseUnknown(cmd)
		}
	}
	return root
}

// oneName lets --output stand for --out, in every command.
func oneName(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "output" {
		name = "out"
	}
	return pflag.NormalizedName(name)
}

// help shows the help of the command that args name.
func help(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err == nil {
		err = unknownCommand(cmd, rest)
	}
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	return cmd.Help()
}

// refuseUnknown makes an unknown subcommand of cmd an error, for which cobra would show the
// help and exit 0; so is cmd without a subcommand, unless it can run.
func refuseUnknown(cmd *cobra.Command) {
	cmd.Args = unknownCommand
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			return usagef("%s needs a command%s", cmd.Name(), spec.Hint("", commandNames(cmd)))
		}
	}
}

// unknownCommand returns an error if there are arguments.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if other := otherCommands[args[0]]; other != "" && !cmd.HasParent() {
		return usagef("unknown command %q for %q; did you mean %q?", args[0], cmd.CommandPath(), other)
	}
	if _, err := os.Stat(args[0]); err == nil && cmd.Name() == "runs" {
		return usagef("runs lists all runs; to see one: %s", commandLine("runs", "show", args[0]))
	}
	return usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), spec.Hint(args[0], commandNames(cmd)))
}

// otherCommands maps names that other programs give to their commands to ours.
var otherCommands = map[string]string{
	"train": "fit", "resume": "fit --resume", "finetune": "fit --weights", "test": "eval", "evaluate": "eval", "score": "eval",
	"infer": "predict", "classify": "predict", "tune": "sweep", "search": "sweep", "init": "new", "create": "new", "check": "validate",
	"lint": "validate", "benchmark": "bench", "convert": "export", "ls": "runs", "list": "runs", "show": "runs show", "compare": "runs compare",
	"rm": "runs rm", "delete": "runs rm", "datasets": "data", "dataset": "data", "lr_find": "lr-find",
}

func commandNames(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, s *streams) int {
	root := newRoot(s)
	started := false // until then errors are about the command line
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err, started = s.failed(), true
	}
	if err == nil {
		return exitDone
	}
	if mpi.Speaks() || started && cmd.Name() != "fit" { // the other ranks would print the same
		s.showError(err)
	}
	var invalid spec.Invalid
	var member memberFailed
	var usage usageError
	var option experiment.OptionError
	switch {
	case experiment.Canceled(err):
		return exitSignaled(ctx)
	case !started && !mpi.Speaks():
		return exitUsage
	case !started:
		fmt.Fprintf(s.err, "Try '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	case errors.As(err, &member):
		return member.code
	case errors.As(err, &invalid), errors.As(err, &usage), errors.As(err, &option):
		return exitUsage
	}
	return exitFailed
}

// A usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
