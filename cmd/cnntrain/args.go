package main

import (
	"errors"
	"slices"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exactly is for commands with exactly n arguments besides flags.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("too many arguments, from %q on; write: %s", args[n], usageLine(cmd))
		}
		return atLeast(n)(cmd, args)
	}
}

// atLeast is for commands with at least n arguments.
func atLeast(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usagef("too few arguments; write: %s", usageLine(cmd))
		}
		return nil
	}
}

// withoutLogs removes the log files of members that lie beside their runs: a pattern such as
// sweeps/NAME/1/member-* matches both.
func withoutLogs(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		run, ok := strings.CutSuffix(path, ".log")
		return ok && slices.Contains(paths, run)
	})
}

func usageLine(cmd *cobra.Command) string { return strings.TrimSuffix(cmd.UseLine(), " [flags]") }

// explainFlag adds a suggestion to an error about an unknown flag.
func explainFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	option := strings.ReplaceAll(unknown.GetSpecifiedName(), "-", "_")
	if path := experiment.OptionPath(option); path != "" && cmd.Flags().Lookup("set") != nil {
		return usagef("%v; it is an option of the spec: --set PATH=VALUE, where PATH is %s", err, path)
	}
	if near := spec.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return usagef("%v; did you mean --%s?", err, near)
	}
	return err
}
