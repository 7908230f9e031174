package main

import (
	"cnntrain/internal/runs"
	"cnntrain/internal/table"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newRunsShow(s *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show a run: its origin, and the metrics of every epoch",
		Args:  exactly(1),
		RunE:  func(_ *cobra.Command, args []string) error { return runRunsShow(args[0], json, s) },
	}
	addJSONFlag(cmd, &json)
	return cmd
}

func runRunsShow(dir string, json bool, s *streams) error {
	r, err := runs.Open(dir)
	if err != nil {
		return err
	}
	if r.Rebuilt != "" {
		s.logf("%s; cnntrain fit --resume %s writes it again", r.Rebuilt, words.Shell(dir))
	}
	if json {
		return s.printJSON(reportJSON{r.Dir, &r.Info})
	}
	info := &r.Info
	status := string(info.Status)
	if info.Reason != "" {
		status += ": " + info.Reason
	}
	t := table.New(s.out)
	line := func(name, format string, args ...any) { t.Printf(name+"\t"+format+"\n", args...) }
	line("run", "%s", r.Dir)
	line("status", "%s", status)
	line("command", "%s", shellWords(info.Command))
	line("started", "%s, took %s", info.Started.Local().Format("2006-01-02 15:04:05"), took(info.Seconds))
	line("model", "%s, %s, seed %d", info.Name, words.Count(info.Params, "parameter"), info.Seed)
	if w := info.Weights; w != nil {
		line("weights", "%s", w.File)
	}
	line("data", "%s: %s for training, %s for validation, %s for testing", info.Dataset.Name,
		words.Commas(info.Dataset.Train), words.Commas(info.Dataset.Validation), words.Commas(info.Dataset.Test))
	if n := info.Dataset.Skipped; n > 0 {
		line("left out", "%s that could not be read", words.Count(n, "image"))
	}
	line("machine", "%s, %s, cnntrain %s", info.Machine.CPU, words.Count(info.Machine.Threads, "thread"), info.Machine.Version)
	if b := info.Best; b != nil {
		line("best", "epoch %d (%s %.4f)", b.Epoch, b.Monitor, b.Value)
	}
	if len(info.Test) > 0 {
		line("test", "%s", figures(info.Test))
	}
	if info.Untested != "" {
		line("test", "failed: %s", info.Untested)
	}
	if err := t.Flush(); err != nil || len(info.Epochs) == 0 {
		return err
	}
	return printEpochs(s, info)
}

// figureOf formats a figure of an epoch.
func figureOf(f runs.Figures, name string) string {
	if v, ok := f.Get(name); ok {
		return orDash(&v)
	}
	return "-"
}

// printEpochs writes one row per epoch.
func printEpochs(s *streams, info *runs.Info) error {
	t := table.New(s.out)
	t.Printf("\nepoch")
	names := info.FigureNames()
	for _, name := range names {
		t.Printf("\t%s", name)
	}
	for i, e := range info.Epochs {
		t.Printf("\n%d", i+1)
		for _, name := range names {
			t.Printf("\t%s", figureOf(e, name))
		}
	}
	t.Printf("\n")
	return t.Flush()
}
