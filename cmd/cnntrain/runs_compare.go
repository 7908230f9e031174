package main

import (
	"cnntrain/internal/runs"
	"cnntrain/internal/table"

	"github.com/spf13/cobra"
)

func newRunsCompare(s *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Show the options and metrics in which runs differ",
		Args:  atLeast(2),
		RunE:  func(_ *cobra.Command, args []string) error { return runRunsCompare(withoutLogs(args), json, s) },
	}
	addJSONFlag(cmd, &json)
	return cmd
}

// A comparison is the document of --json; values are in the order of the runs.
type comparison struct {
	Runs    []string            `json:"runs"`
	Options map[string][]string `json:"options"`
	Figures map[string][]string `json:"figures"`
}

func runRunsCompare(dirs []string, json bool, s *streams) error {
	var all []*runs.Run
	for _, dir := range dirs {
		r, err := runs.Open(dir)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	options, figures, err := runs.Compare(all)
	if err != nil {
		return err
	}
	if json {
		return s.printJSON(comparison{dirs, byName(options), byName(figures)})
	}
	t := table.New(s.out)
	for _, dir := range dirs {
		t.Printf("\t%s", dir)
	}
	t.Printf("\n")
	for _, part := range []struct {
		what string
		rows []runs.Row
	}{{"options", options}, {"figures", figures}} {
		if len(part.rows) == 0 {
			t.Printf("the same %s\n", part.what)
		}
		for _, row := range part.rows {
			t.Printf("%s", row.Name)
			for _, v := range row.Values {
				if v == "" {
					v = "-"
				}
				t.Printf("\t%s", v)
			}
			t.Printf("\n")
		}
	}
	return t.Flush()
}

func byName(rows []runs.Row) map[string][]string {
	m := map[string][]string{}
	for _, r := range rows {
		m[r.Name] = r.Values
	}
	return m
}
