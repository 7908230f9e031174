package main

import (
	"errors"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/kernels"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/trained"

	"github.com/spf13/cobra"
)

// Flags that several commands share.

func addSetFlag(cmd *cobra.Command, into *[]string) {
	cmd.Flags().StringArrayVar(into, "set", nil, "override one option: `KEY=VALUE`, such as train.optimizer.learning_rate=0.01 (repeatable)")
}

func addJSONFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "json", false, "write the result as JSON")
}

func addDataDirFlag(cmd *cobra.Command, into *string) {
	addTextFlag(cmd, into, "data-dir", "`DIR` with the datasets (default $CNNTRAIN_DATA, else the user's cache folder)")
}

func addStrictFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "strict", false, "fail on an image that cannot be read, instead of skipping it")
}

func addSplitFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "split", "test", "use the `SPLIT` train, val or test")
}

// checkSplit checks the name of a split.
func checkSplit(split string) error {
	if split != "train" && split != "val" && split != "test" {
		return usagef("--split %s: must be train, val or test", split)
	}
	return nil
}

// checkBatchSize checks --batch-size, where it is no option of a spec.
func checkBatchSize(cmd *cobra.Command, n int) error {
	if cmd.Flags().Changed("batch-size") && (n < 1 || n > train.MaxBatch) {
		return usagef("--batch-size %d: must be from 1 to %d", n, train.MaxBatch)
	}
	return nil
}

// addComputeFlags adds the flags --cpu and --threads, which are applied before the command
// runs.
func addComputeFlags(cmd *cobra.Command) {
	var threads int
	var cpu string
	cmd.Flags().IntVar(&threads, "threads", 0, "compute with `N` threads; the result does not depend on it (default: one per core; on Macs one per performance core)")
	cmd.Flags().StringVar(&cpu, "cpu", "", "compute with the `KERNELS` avx512, avx2, neon or generic (default: the fastest this machine supports)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if cmd.Flags().Changed("threads") {
			if threads < 1 {
				return usagef("--threads %d: must be at least 1", threads)
			}
			kernels.SetThreads(threads)
		}
		if cmd.Flags().Changed("cpu") {
			if err := kernels.SetCPU(cpu); err != nil {
				return usagef("--cpu %s: %v", cpu, err)
			}
		}
		return nil
	}
}

// addTextFlag adds a flag that may be omitted but not empty: --out "$DIR" with DIR unset is
// an error.
func addTextFlag(cmd *cobra.Command, into *string, name, usage string) {
	cmd.Flags().Var((*text)(into), name, usage)
}

// text returns the value of such a flag.
type text string

func (t *text) Set(s string) error {
	if s == "" {
		return errors.New("needs a value")
	}
	*t = text(s)
	return nil
}

func (t *text) String() string { return string(*t) }
func (t *text) Type() string   { return "string" }

// filePath is such a flag for a path. Shells leave the ~ of --out=~/run as it is,
// which would become a folder of that name.
type filePath text

func (p *filePath) Set(s string) error { return (*text)(p).Set(dataset.ExpandHome(s)) }
func (p *filePath) String() string     { return string(*p) }
func (p *filePath) Type() string       { return "string" }

// parseSets parses the values of --set.
func parseSets(sets []string) (overrides []spec.Override, err error) {
	for _, text := range sets {
		o, err := spec.ParseOverride(text)
		if err != nil {
			return nil, usageError{err}
		}
		overrides = append(overrides, o)
	}
	return overrides, nil
}

// addEnsembleFlag adds the flag for how an ensemble combines its models.
func addEnsembleFlag(cmd *cobra.Command, into *string) {
	addTextFlag(cmd, into, "ensemble", "combine the models' predictions: `mean` of the probabilities, or vote")
}

// addTTAFlag adds the flag for the views of an image that are predicted.
func addTTAFlag(cmd *cobra.Command, into *string) {
	addTextFlag(cmd, into, "tta", "average the predictions for `VIEWS` of each image: flip (the image and its mirror image), shift (by a pixel in 32), or flip,shift")
}

// openAll opens models with the views that --tta says.
func openAll(paths []string, tta string) ([]*trained.Model, error) {
	var views train.TTA
	if tta != "" {
		var err error
		if views, err = train.ParseTTA(tta); err != nil {
			return nil, usagef("--tta %s: %v", tta, err)
		}
	}
	return trained.OpenAll(paths, views)
}

// combine combines the members into one predictor, as --ensemble says.
func combine(members []*trained.Model, how string) (train.Predictor, error) {
	switch {
	case how == "" && len(members) == 1:
		return members[0].Predictor(), nil
	case how == "":
		return nil, usagef("%d models are given; --ensemble mean or vote says how they predict together", len(members))
	case how != "mean" && how != "vote":
		return nil, usagef("--ensemble %s: must be mean or vote", how)
	}
	return trained.Together(members, how == "vote")
}
