package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/table"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type runsOptions struct {
	dir     string
	sort    string
	reverse bool
	status  string
	name    string
	json    bool
}

func newRuns(s *streams) *cobra.Command {
	o := &runsOptions{dir: "runs", sort: "run"}
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List, show, compare and delete runs",
		Long: `Lists the run folders below runs, or below --dir: the status, the accuracy of the
best weights on the validation and the test data, the time and the size on disk.`,
		Example: `  cnntrain runs --sort val_accuracy
  cnntrain runs --status finished --name 'lenet5*'
  cnntrain runs compare runs/lenet5/1 runs/lenet5/2`,
		RunE: func(*cobra.Command, []string) error { return runRuns(o, s) },
	}
	addTextFlag(cmd, &o.dir, "dir", "list the runs below `DIR`")
	addTextFlag(cmd, &o.sort, "sort", "sort by `COLUMN`: "+strings.Join(sortNames(), ", "))
	cmd.Flags().BoolVar(&o.reverse, "reverse", false, "reverse the order")
	addTextFlag(cmd, &o.status, "status", "list only runs with `STATUS`: "+strings.Join(statusNames(), ", "))
	addTextFlag(cmd, &o.name, "name", "list only runs whose name matches `PATTERN`, such as 'lenet5*'")
	addJSONFlag(cmd, &o.json)
	cmd.AddCommand(newRunsShow(s), newRunsCompare(s), newRunsRemove(s))
	return cmd
}

// A listedRun is a row of the list.
type listedRun struct {
	Run         string      `json:"run"`
	Name        string      `json:"name,omitempty"`
	Spec        string      `json:"spec,omitempty"`
	Status      runs.Status `json:"status,omitempty"` // empty: the folder is unusable
	Note        string      `json:"note,omitempty"`
	Started     time.Time   `json:"started,omitzero"`
	Epochs      int         `json:"epochs"`
	ValAccuracy *float64    `json:"val_accuracy"` // of the best weights, as all that has this name
	Accuracy    *float64    `json:"test_accuracy"`
	Seconds     float64     `json:"seconds"`
	Bytes       int64       `json:"bytes"`
}

func newListedRun(l runs.Listed) listedRun {
	r := listedRun{Run: l.Dir, Bytes: l.Bytes}
	if l.Err != nil {
		r.Note = strings.TrimPrefix(l.Err.Error(), l.Dir+": ")
		return r
	}
	r.Name, r.Spec, r.Status, r.Note = l.Info.Name, l.Info.Spec, l.Info.Status, l.Info.Reason
	r.Started, r.Epochs, r.Seconds = l.Info.Started, len(l.Info.Epochs), l.Info.Seconds
	_, best := l.Info.AtBest()
	if v, ok := best.Get("val_accuracy"); ok {
		r.ValAccuracy = &v
	}
	if v, ok := l.Info.Test.Get("accuracy"); ok {
		r.Accuracy = &v
	}
	return r
}

// sortings compares rows by each column; the best accuracy comes first.
var sortings = []struct {
	name    string
	compare func(a, b listedRun) int
}{
	{"run", func(a, b listedRun) int { return words.Natural(a.Run, b.Run) }},
	{"spec", func(a, b listedRun) int { return cmp.Compare(a.Spec, b.Spec) }},
	{"status", func(a, b listedRun) int { return cmp.Compare(a.Status, b.Status) }},
	{"started", func(a, b listedRun) int { return a.Started.Compare(b.Started) }},
	{"epochs", func(a, b listedRun) int { return cmp.Compare(a.Epochs, b.Epochs) }},
	{"val_accuracy", func(a, b listedRun) int { return cmp.Compare(orNone(b.ValAccuracy), orNone(a.ValAccuracy)) }},
	{"test_accuracy", func(a, b listedRun) int { return cmp.Compare(orNone(b.Accuracy), orNone(a.Accuracy)) }},
	{"time", func(a, b listedRun) int { return cmp.Compare(a.Seconds, b.Seconds) }},
	{"size", func(a, b listedRun) int { return cmp.Compare(a.Bytes, b.Bytes) }},
}

func sortNames() (names []string) {
	for _, s := range sortings {
		names = append(names, s.name)
	}
	return names
}

func statusNames() []string {
	return []string{string(runs.Running), string(runs.Finished), string(runs.Interrupted), string(runs.Failed)}
}

// orNone sorts missing values last.
func orNone(v *float64) float64 {
	if v == nil {
		return math.Inf(-1)
	}
	return *v
}

func runRuns(o *runsOptions, s *streams) error {
	column := slices.IndexFunc(sortNames(), func(name string) bool { return name == o.sort })
	if column < 0 {
		return usagef("--sort %s: no such column%s", o.sort, spec.Hint(o.sort, sortNames()))
	}
	if o.status != "" && !slices.Contains(statusNames(), o.status) {
		return usagef("--status %s: no such status%s", o.status, spec.Hint(o.status, statusNames()))
	}
	if _, err := path.Match(o.name, ""); err != nil {
		return usagef("--name %s: not a pattern such as 'lenet5*'", o.name)
	}
	listed, err := runs.List(o.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder; cnntrain fit makes runs", o.dir)
	} else if err != nil {
		return err
	}
	rows := []listedRun{}
	for _, l := range listed {
		if row := newListedRun(l); o.wants(row) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, sortings[column].compare)
	if o.reverse {
		slices.Reverse(rows)
	}
	if o.json {
		return s.printJSON(rows)
	}
	return printRuns(s, rows)
}

func (o *runsOptions) wants(r listedRun) bool {
	named := true
	if o.name != "" {
		named, _ = path.Match(o.name, r.Name)
	}
	return named && (o.status == "" || string(r.Status) == o.status)
}

func printRuns(s *streams, rows []listedRun) error {
	t := table.New(s.out)
	noted := slices.ContainsFunc(rows, func(r listedRun) bool { return r.Note != "" })
	t.Printf("run\tspec\tstatus\tepochs\tval_accuracy\ttest_accuracy\ttime\tsize")
	if noted {
		t.Printf("\tnote")
	}
	t.Printf("\n")
	for _, r := range rows {
		status, epochs, seconds := string(r.Status), strconv.Itoa(r.Epochs), took(r.Seconds)
		if status == "" {
			status, epochs, seconds = "-", "-", "-"
		}
		specFile := "-"
		if r.Spec != "" {
			specFile = filepath.Base(r.Spec)
		}
		t.Printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", r.Run, specFile, status, epochs,
			orDash(r.ValAccuracy), orDash(r.Accuracy), seconds, words.Size(int64(r.Bytes)))
		if noted {
			t.Printf("\t%s", r.Note)
		}
		t.Printf("\n")
	}
	return t.Flush()
}

func orDash(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *v)
}

// took formats a time as 4.2s, 3m05s, 2h10m.
func took(seconds float64) string {
	if seconds < 60 {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return words.Duration(seconds)
}
