package main

import (
	"fmt"
	"slices"

	"cnntrain/internal/train"

	"github.com/spf13/cobra"
)

// addEnsembleFlag adds the flag that says how several models predict as one.
func addEnsembleFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "ensemble", "", "let the models predict together: `mean` of their probabilities, or vote")
}

// openMembers opens models that are to work together, or be compared.
func openMembers(paths []string) ([]*trained, error) {
	var members []*trained
	for _, path := range paths {
		t, err := openTrained(path)
		if err != nil {
			return nil, err
		}
		members = append(members, t)
	}
	return members, nil
}

// combine makes one predictor of the members, as --ensemble says.
func combine(members []*trained, how string) (train.Predictor, error) {
	if how == "" && len(members) == 1 {
		return members[0].model, nil
	}
	if how == "" {
		return nil, usagef("%d models are given; --ensemble mean or vote says how they predict together", len(members))
	}
	if how != "mean" && how != "vote" {
		return nil, usagef("--ensemble %s: must be mean or vote", how)
	}
	first := members[0]
	var predictors []train.Predictor
	for _, m := range members {
		switch {
		case !slices.Equal(m.spec.Input, first.spec.Input):
			return nil, fmt.Errorf("%s takes images of %v, %s of %v; an ensemble sees one image", first.file, first.spec.Input, m.file, m.spec.Input)
		case !slices.Equal(m.classNames(), first.classNames()):
			return nil, fmt.Errorf("%s and %s were trained for different classes", first.file, m.file)
		}
		predictors = append(predictors, m.model)
	}
	return train.NewEnsemble(predictors, how == "vote")
}
