package experiment

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"

	"cnntrain/internal/comm"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"
)

// PlanSweep reads a sweep file and checks that each member can be trained, and that the
// data exists; it downloads the data unless src.Offline is set. It also returns the
// resolved spec. Its error contains everything that is wrong with the file.
func PlanSweep(ctx context.Context, file string, src Source) (plan sweep.Plan, resolved []byte, err error) {
	var problems spec.Problems
	c := sweep.Load(file, &problems)
	if c == nil || c.Spec == "" {
		return plan, nil, problems.Err()
	}
	base, err := Load(c.Spec, nil)
	if err != nil {
		return plan, nil, inSweep(c, err, &problems)
	}
	members := c.Members(&problems)
	if figures := base.Train.Figures(c.Folds() > 0 || base.Data.MayHaveValidation()); !slices.Contains(figures, c.Monitor.Name) {
		problems.Add(c.Monitor.Field.Pos, "metric: the spec has no metric %q%s", c.Monitor.Name, spec.Hint(c.Monitor.Name, figures))
	}
	if resolved, err = base.Spec.Resolved(); err != nil {
		return plan, nil, err
	}
	datasets := map[string]*Experiment{} // one member of each setting
	epochs := base.Train.Epochs
	for _, m := range members {
		e, err := Load(c.Spec, c.Overrides(m))
		if err == nil {
			err = e.CheckRanks(comm.Self{})
		}
		switch {
		case err == nil:
			if !e.follows(resolved, c.Overrides(m)) {
				problems.Add(c.SpecPos(), "spec: %s has an option that works through other options, as freeze through trainable, and the sweep sets it too; omit it there: members begin from the spec with all options written out",
					c.Spec)
				return plan, nil, problems.Err()
			}
			datasets[e.Data.Name] = e
			epochs = max(epochs, e.Train.Epochs)
		case !addProblems(&problems, err):
			return plan, nil, err
		}
	}
	if err := problems.Err(); err != nil {
		return plan, nil, err
	}
	for _, e := range datasets {
		if err := e.fetchData(ctx, src); err != nil {
			return plan, nil, err
		}
	}
	plan = sweep.NewPlan(c, members, epochs)
	plan.File = file
	return plan, resolved, nil
}

// follows reports whether e is what the overrides make of a resolved spec.
func (e *Experiment) follows(resolved []byte, overrides []spec.Override) bool {
	want, err := e.Spec.Resolved()
	if err != nil {
		return false
	}
	var problems spec.Problems
	other, err := New(spec.Parse(sweep.SpecFile, resolved, overrides, &problems), &problems)
	if err != nil {
		return false
	}
	got, err := other.Spec.Resolved()
	return err == nil && bytes.Equal(got, want)
}

// inSweep adds the errors of the spec to those of the sweep file that names it.
func inSweep(c *sweep.Config, err error, problems *spec.Problems) error {
	if _, missing := os.Stat(c.Spec); missing != nil {
		problems.Add(c.SpecPos(), "spec: no such file %q, seen from the current folder", c.Spec)
	} else if !addProblems(problems, err) {
		return err
	}
	return problems.Err()
}

// addProblems adds the problems that err consists of, and reports whether there are any.
func addProblems(problems *spec.Problems, err error) bool {
	var invalid spec.Invalid
	if !errors.As(err, &invalid) {
		return false
	}
	for _, p := range invalid {
		problems.Add(p.Pos, "%s", p.Message)
	}
	return true
}

// fetchData makes sure that the data exists, once, before many processes need it.
func (e *Experiment) fetchData(ctx context.Context, src Source) error {
	offline := src
	offline.Offline = true
	_, err := e.LoadData(ctx, offline)
	if err != nil && !src.Offline {
		_, err = e.LoadData(ctx, src)
	}
	return err
}
