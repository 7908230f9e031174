package experiment

import (
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
)

// Curves draws one chart of the loss and one of each metric. The curves of one run are
// named training and validation; those of several runs are named after the runs.
func Curves(all []*runs.Run) []plot.Chart {
	var charts []plot.Chart
	anyThin := false
	for _, name := range curveNames(all) {
		validated := slices.ContainsFunc(all, func(r *runs.Run) bool { return len(curve(r, "val_"+name).X) > 0 })
		anyThin = anyThin || validated
		c := plot.Chart{Title: strings.ReplaceAll(name, "_", " "), X: "epoch"}
		for i, r := range all {
			c.Series = append(c.Series, runSeries(r, name, i, len(all) == 1, validated)...)
		}
		charts = append(charts, c)
	}
	if len(all) > 1 && anyThin {
		for i := range charts {
			charts[i].Title += " (dashed: training)"
		}
	}
	return charts
}

// runSeries returns the curves of one metric of a run: validation, with a dot at the best
// epoch, and training, dashed; or training alone if there is no validation, dashed beside runs that have some
// (validated).
func runSeries(r *runs.Run, name string, group int, alone, validated bool) []plot.Series {
	training, validation := curve(r, name), curve(r, "val_"+name)
	training.Group, validation.Group = group, group
	training.Name = RunName(r)
	if alone {
		training.Name = "training"
	}
	training.Thin = validated
	both := []plot.Series{training}
	if len(validation.X) > 0 {
		validation.Name = training.Name
		training.Name = ""
		if alone {
			validation.Name, training.Name, training.Group = "validation", "training", 1
		}
		both = []plot.Series{validation, training}
	}
	if best := r.Info.Best; best != nil {
		both[0].Marks = []float64{float64(best.Epoch)}
	}
	return both
}

// curveNames returns the loss and the training metrics in the order in which fit writes
// them.
func curveNames(all []*runs.Run) (names []string) {
	for _, r := range all {
		for _, name := range r.Info.FigureNames() {
			if !strings.HasPrefix(name, "val_") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// curve returns the values of a metric, for each epoch that has one.
func curve(r *runs.Run, name string) (s plot.Series) {
	for i, figures := range r.Info.Epochs {
		if v, ok := figures.Get(name); ok {
			s.X, s.Y = append(s.X, float64(i+1)), append(s.Y, v)
		}
	}
	return s
}

// RunName is the name of a run among others: lenet5/3.
func RunName(r *runs.Run) string {
	return strings.TrimPrefix(filepath.ToSlash(filepath.Clean(r.Dir)), "runs/")
}
