package main

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/sweep"
	"cnntrain/internal/trained"

	"github.com/spf13/cobra"
)

//go:embed report.html
var reportHTML string

// reportPage renders a *report. html/template escapes foreign text, such as names of
// classes.
var reportPage = template.Must(template.New("report").Parse(reportHTML))

type reportOptions struct {
	evalOptions // of which the dataset and the data folder are used
	run, out    string
}

func newReport(s *streams) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report RUN|SWEEP -o FILE",
		Short: "Write an HTML report of a run or a sweep",
		Long: `Writes a self-contained HTML page: training curves, the metrics of every epoch, the
confusion matrix and the metrics by class on the test data, misclassified images, the
model, the spec, and the software and hardware. Without the data, the parts that need
it are omitted. For the folder of a sweep: its members, the best first, their curves
and the spec.`,
		Example: "  cnntrain report runs/lenet5/1 -o report.html\n  cnntrain report sweeps/learning-rate/1 -o sweep.html",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run, o.split = args[0], "test"
			for _, name := range []string{"dataset", "data-dir"} {
				if cmd.Flags().Changed(name) && sweep.Is(o.run) {
					return usagef("--%s: the page about a sweep is made from its runs alone; leave it out", name)
				}
			}
			switch ending := filepath.Ext(o.out); {
			case o.out == "":
				return usagef("-o FILE is needed: the page to write, such as report.html")
			case ending != ".html" && ending != ".htm":
				return usagef("%s: the page is a .html", o.out)
			}
			if err := checkpoint.CheckFile(o.out); err != nil {
				return err
			}
			return runReport(cmd.Context(), o, s)
		},
	}
	cmd.Flags().VarP((*filePath)(&o.out), "out", "o", "write the page to `FILE`, which ends in .html")
	addTextFlag(cmd, &o.dataset, "dataset", "test on the test images of `DATASET` in place of those that the model was trained with, as of a folder that has moved")
	addDataDirFlag(cmd, &o.dataDir)
	addComputeFlags(cmd)
	return cmd
}

func runReport(ctx context.Context, o *reportOptions, s *streams) error {
	if exists(filepath.Join(o.run, sweep.StateFile)) {
		page, err := sweepReport(ctx, o.run)
		if err != nil {
			return err
		}
		return writeReport(ctx, page, o, s)
	}
	r, err := runs.Open(o.run)
	if err != nil {
		return err
	}
	t, untested := trained.Open(o.run)
	e, text, err := modelOf(r, t)
	if err != nil {
		return err
	}
	page := &report{Rows: "Epochs", Spec: text}
	page.describe(r)
	page.addModel(ctx, e)
	page.addCurves(ctx, r)
	if untested == nil {
		untested = page.addTested(ctx, t, o, s)
	}
	if untested != nil {
		if ctx.Err() != nil {
			return untested
		}
		s.logf("the page is without results on test data: %v", untested)
	}
	return writeReport(ctx, page, o, s)
}

// modelOf returns the model of a run, and its spec: where spec.yaml has been edited, the ones that
// the weights were trained with, as the results are theirs. t is nil if there are no weights.
func modelOf(r *runs.Run, t *trained.Model) (*experiment.Experiment, string, error) {
	if t != nil && (t.Edited != "" || !r.Has(runs.SpecFile)) {
		text, err := t.Spec.Resolved()
		return t.Experiment, string(text), err
	}
	text, err := os.ReadFile(r.Path(runs.SpecFile))
	if err != nil {
		return nil, "", err
	}
	e, err := experiment.Load(r.Dir, nil)
	return e, string(text), err
}

func writeReport(ctx context.Context, page *report, o *reportOptions, s *streams) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if page.err != nil {
		s.logf("the page is without a picture: %v", page.err)
	}
	if err := checkpoint.WriteFile(o.out, func(w io.Writer) error { return reportPage.Execute(&printer{to: w}, page) }); err != nil {
		return err
	}
	return s.printf("%s: page about %s\n", o.out, o.run)
}

// addTested adds the results of the best weights on the test data.
func (p *report) addTested(ctx context.Context, t *trained.Model, o *reportOptions, s *streams) error {
	s.showEdited(o.run, t)
	p.addFilters(t)
	on, err := o.on(s)
	if err != nil {
		return err
	}
	d, err := t.Test(ctx, o.run, on)
	if err != nil {
		return err
	}
	p.Tested = &reportTested{Confusion: p.svg(ctx, d.Confusion()), Classes: p.svg(ctx, d.Classes())}
	sheet, err := d.Confused()
	if err != nil {
		return err
	}
	for _, row := range sheet.Rows {
		p.Tested.Confused = append(p.Tested.Confused, reportRow{strings.Join(row.Label, " "), p.pngs(row.Images)})
	}
	mistakes := d.Mistakes()
	for _, m := range mistakes[:min(trained.MostSurest, len(mistakes))] {
		img, err := d.Image(m)
		if err != nil {
			return err
		}
		label := fmt.Sprintf("%s: %s taken for %s, %.1f%%", m.File, m.Class, m.Predicted, 100*m.Probability)
		p.Tested.Mistakes = append(p.Tested.Mistakes, reportRow{label, p.pngs([]image.Image{img})})
	}
	return nil
}
