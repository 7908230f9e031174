package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"
)

// drawnMembers is the number of members whose curves the page of a sweep shows, best first.
const drawnMembers = 8

// sweepReport returns the page about a sweep: its members, the best first, the curves of the
// best, and the spec.
func sweepReport(ctx context.Context, dir string) (*report, error) {
	w, err := sweep.Open(dir)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, sweep.SpecFile))
	if err != nil {
		return nil, err
	}
	e, err := experiment.Load(filepath.Join(dir, sweep.SpecFile), nil)
	if err != nil {
		return nil, err
	}
	page := &report{Title: "sweep " + w.Name + "/" + filepath.Base(dir), Rows: "Members, the best first", Spec: string(text)}
	page.Status = "finished"
	if left := w.Left(); left > 0 {
		page.Status = words.Count(left, "training") + " left"
	}
	page.addModel(ctx, e)
	page.addMembers(ctx, w)
	page.Facts = []fact{{"sweep", w.Dir}, {"sweep file", w.File}, {"members are ranked by", w.Metric}}
	return page, nil
}

// addMembers adds a row per member, and the curves of the best.
func (p *report) addMembers(ctx context.Context, w *sweep.Sweep) {
	varying := w.Varying()
	for _, i := range varying {
		p.EpochNames = append(p.EpochNames, w.Params[i])
	}
	p.EpochNames = append(p.EpochNames, w.Metric, "epoch", "test_accuracy", "time", "status", "run")
	var drawn []*runs.Run
	var seconds float64
	for i, m := range w.Board() {
		row := reportEpoch{Best: i == 0 && m.Value != nil}
		for _, v := range varying {
			row.Cells = append(row.Cells, m.Values[v])
		}
		epoch, status := "–", string(m.Status)
		if m.Epoch > 0 {
			epoch = strconv.Itoa(m.Epoch) + "/" + strconv.Itoa(m.Epochs)
		}
		if status == "" {
			status = "waiting"
		}
		p.Epochs = append(p.Epochs, row)
		p.Epochs[i].Cells = append(row.Cells, orDash(m.Value), epoch, orDash(m.Accuracy), took(m.Seconds), status, m.Run)
		seconds += m.Seconds
		if r, err := runs.Open(m.Run); err == nil && len(r.Info.Epochs) > 0 && len(drawn) < drawnMembers {
			drawn = append(drawn, r)
		}
		if row.Best {
			p.Cards = append(p.Cards, fact{"best " + w.Metric, fmt.Sprintf("%.4f", *m.Value)})
		}
	}
	p.Cards = append(p.Cards, fact{"members", words.Commas(len(w.Members))}, fact{"training, all together", took(seconds)})
	if len(drawn) > 0 {
		for _, c := range experiment.Curves(drawn) {
			p.Curves = append(p.Curves, p.svg(ctx, plot.Curves(c)))
		}
	}
}
