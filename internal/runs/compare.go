package runs

import (
	"slices"
	"strconv"

	"cnntrain/internal/spec"
)

// A Row is one difference between runs: a path as in --set, or the name of a metric, and
// its value in each run, empty if a run has none.
type Row struct {
	Name   string
	Values []string
}

// Compare returns the options of the specs, and the metrics, that are not equal in all
// runs.
func Compare(all []*Run) (options, figures []Row, err error) {
	table := newTable(len(all))
	for i, r := range all {
		var problems spec.Problems
		s := spec.Load(r.Path(SpecFile), nil, &problems)
		if err := problems.Err(); err != nil {
			return nil, nil, err
		}
		for _, v := range s.Values() {
			table.set(v.Path, i, v.Text)
		}
	}
	options = table.differing()
	table = newTable(len(all))
	for i, r := range all {
		for _, f := range r.figures() {
			table.set(f.Name, i, strconv.FormatFloat(f.Value, 'g', 6, 64))
		}
	}
	return options, table.differing(), nil
}

// figures returns the metrics by which a run is compared.
func (r *Run) figures() Figures {
	f := Figures{{"params", float64(r.Info.Params)}, {"epochs", float64(len(r.Info.Epochs))}}
	if epoch, at := r.Info.AtBest(); epoch > 0 {
		f = append(append(f, Figure{"best epoch", float64(epoch)}), at...)
	}
	for _, t := range r.Info.Test {
		f = append(f, Figure{"test_" + t.Name, t.Value})
	}
	return append(f, Figure{"seconds", r.Info.Seconds})
}

// A table is rows in the order in which their names first occurred.
type table struct {
	runs  int
	names []string
	rows  map[string][]string
}

func newTable(runs int) *table { return &table{runs: runs, rows: map[string][]string{}} }

func (t *table) set(name string, run int, value string) {
	if t.rows[name] == nil {
		t.names = append(t.names, name)
		t.rows[name] = make([]string, t.runs)
	}
	t.rows[name][run] = value
}

func (t *table) differing() (rows []Row) {
	for _, name := range t.names {
		if values := t.rows[name]; len(slices.Compact(slices.Clone(values))) > 1 {
			rows = append(rows, Row{name, values})
		}
	}
	return rows
}
