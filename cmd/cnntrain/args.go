package main

import (
	"errors"
	"strings"

	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exactly is for commands that take n arguments beside the flags.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("too many arguments, from %q on; write: %s", args[n], usageLine(cmd))
		}
		return atLeast(n)(cmd, args)
	}
}

// atLeast is for commands that take n or more.
func atLeast(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usagef("too few arguments; write: %s", usageLine(cmd))
		}
		return nil
	}
}

func usageLine(cmd *cobra.Command) string { return strings.TrimSuffix(cmd.UseLine(), " [flags]") }

// explainFlag adds to an error about a flag that is not there which one may be meant.
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
	if near := spec.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return usagef("%v; did you mean --%s?", err, near)
	}
	return err
}
