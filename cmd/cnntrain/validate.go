package main

import (
	"errors"

	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type validateOptions struct {
	paths    []string
	sets     []string
	resolved bool
	json     bool
}

func newValidate(s *streams) *cobra.Command {
	o := &validateOptions{}
	cmd := &cobra.Command{
		Use:   "validate SPEC...",
		Short: "Report all errors in specs, with line and column",
		Args:  atLeast(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.paths = args
			if o.json && o.resolved {
				return usagef("--json and --resolved: only one of them can be on standard output")
			}
			return runValidate(o, s)
		},
	}
	addSetFlag(cmd, &o.sets)
	cmd.Flags().BoolVar(&o.resolved, "resolved", false, "write the spec with overrides applied, blocks expanded and defaults filled in")
	addJSONFlag(cmd, &o.json)
	return cmd
}

type problemJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

type validJSON struct {
	Spec     string        `json:"spec"`
	Valid    bool          `json:"valid"`
	Params   int           `json:"params,omitempty"`
	Problems []problemJSON `json:"problems"`
}

func runValidate(o *validateOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	var all spec.Invalid
	var results []validJSON
	for _, path := range o.paths {
		e, err := experiment.Load(path, overrides)
		var invalid spec.Invalid
		if err != nil && !errors.As(err, &invalid) {
			return err
		}
		all = append(all, invalid...)
		result := validJSON{Spec: path, Valid: err == nil, Problems: []problemJSON{}}
		for _, p := range invalid {
			result.Problems = append(result.Problems, problemJSON{p.Pos.File, p.Pos.Line, p.Pos.Column, p.Message})
		}
		if err == nil {
			trainable, frozen := e.Plan.Params()
			result.Params = trainable + frozen
			if err := o.show(s, path, e, result.Params); err != nil {
				return err
			}
		}
		results = append(results, result)
	}
	if o.json {
		if err := s.printJSON(results); err != nil {
			return err
		}
	}
	if len(all) > 0 {
		return all
	}
	return nil
}

// show prints the requested output for a valid spec.
func (o *validateOptions) show(s *streams, path string, e *experiment.Experiment, params int) error {
	switch {
	case o.json:
		return nil
	case o.resolved:
		resolved, err := e.Spec.Resolved()
		if err == nil {
			_, err = s.out.Write(resolved)
		}
		return err
	}
	return s.printf("%s: ok (%s, %s)\n", path, words.Count(len(e.Plan.Layers), "layer"), words.Count(params, "parameter"))
}
