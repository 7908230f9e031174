package main

import (
	"context"
	"fmt"

	"cnntrain/internal/experiment"
	"cnntrain/internal/table"

	"github.com/spf13/cobra"
)

type verifyOptions struct {
	run     string
	quick   bool
	dataDir string
	strict  bool
	json    bool
}

func newVerify(s *streams) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify RUN",
		Short: "Train a finished run again and check that it ends with the same bytes",
		Long: `Trains the spec of a finished run again, into a temporary folder ($TMPDIR) that it
removes, and compares spec, data, the figures of every epoch, the best and the last
weights, and the results on the test data. All must be equal to the bit. Otherwise the
exit code is 1, and the list says where they part: the first epoch with other figures,
the first tensor with other values.

If the spec, the data or the initial weights are no longer those of the run, nothing is
trained. --quick trains nothing either: it evaluates the best weights on the validation
and test data of the run, and compares the results with those in run.json.`,
		Example: `  cnntrain verify runs/quickstart/1
  cnntrain verify runs/quickstart/1 --quick --json`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return runVerify(cmd.Context(), o, s)
		},
	}
	cmd.Flags().BoolVar(&o.quick, "quick", false, "evaluate the weights of the run in place of training again")
	addDataDirFlag(cmd, &o.dataDir)
	addStrictFlag(cmd, &o.strict)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runVerify(ctx context.Context, o *verifyOptions, s *streams) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	options := experiment.Options{Source: source(o.dataDir, o.strict, s), Listener: &listener{s, false, stop}}
	v, err := experiment.Verify(ctx, o.run, o.quick, options)
	if err != nil {
		return err
	}
	if o.json {
		err = s.printJSON(v)
	} else {
		err = printVerification(s, v)
	}
	if err != nil || v.Equal {
		return err
	}
	return fmt.Errorf("%s: differs, see above", v.Run)
}

// printVerification writes one row per comparison, with the first difference.
func printVerification(s *streams, v *experiment.Verification) error {
	t := table.New(s.out)
	for _, c := range v.Checks {
		if c.Equal {
			t.Printf("%s\tequal\t%s\n", c.What, shortDigest(c.Run))
			continue
		}
		parted := fmt.Sprintf("%s in the run, %s now", shortDigest(c.Run), shortDigest(c.Now))
		if c.Run == c.Now {
			parted = c.Run
		}
		if c.Where != "" {
			parted += "; " + c.Where
		}
		t.Printf("%s\tdiffers\t%s\n", c.What, parted)
	}
	return t.Flush()
}

// shortDigest shortens a digest.
func shortDigest(value string) string {
	const digest, shown = 64, 12
	if len(value) == digest {
		return value[:shown]
	}
	return value
}
