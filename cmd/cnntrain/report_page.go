package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"strconv"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"
)

// A report is the content of report.html.
type report struct {
	Title, Status string
	Cards, Facts  []fact
	Curves        []template.HTML
	Rows          string // what Epochs are: epochs, or the members of a sweep
	EpochNames    []string
	Epochs        []reportEpoch
	Tested        *reportTested // nil without results
	Layers        []reportLayer
	Branches      bool // the table says what each layer reads
	Filters       []template.URL
	Architecture  template.HTML
	Spec          string

	err error // the first drawing error
}

type fact struct{ Name, Value string }

type reportEpoch struct {
	Best  bool
	Cells []string
}

type reportTested struct {
	Confusion, Classes template.HTML
	Confused, Mistakes []reportRow
}

type reportRow struct {
	Label  string
	Images []template.URL
}

type reportLayer struct{ Name, Type, Shape, Params, Inputs string }

// describe adds the content of run.json.
func (p *report) describe(r *runs.Run) {
	info := &r.Info
	p.Title = experiment.RunName(r)
	p.Status = string(info.Status)
	if info.Reason != "" {
		p.Status += ": " + info.Reason
	}
	card := func(name, value string) { p.Cards = append(p.Cards, fact{name, value}) }
	for _, f := range info.Test {
		card("test "+strings.ReplaceAll(f.Name, "_", " "), fmt.Sprintf("%.4f", f.Value))
	}
	if b := info.Best; b != nil {
		card(fmt.Sprintf("%s of the best epoch, %d of %d", b.Monitor, b.Epoch, len(info.Epochs)), fmt.Sprintf("%.4f", b.Value))
	}
	card("parameters", words.Commas(info.Params))
	card("training", took(info.Seconds))

	add := func(name, format string, args ...any) {
		p.Facts = append(p.Facts, fact{name, fmt.Sprintf(format, args...)})
	}
	add("run", "%s", r.Dir)
	add("command", "%s", shellWords(info.Command))
	add("started", "%s", info.Started.Format("2006-01-02 15:04:05 MST"))
	add("seed", "%d", info.Seed)
	if w := info.Weights; w != nil {
		add("first weights", "%s, sha256 %s", w.File, w.Digest)
	}
	d := &info.Dataset
	add("data", "%s: %s for training, %s for validation, %s for testing", d.Name, words.Commas(d.Train), words.Commas(d.Validation), words.Commas(d.Test))
	if d.Skipped > 0 {
		add("left out", "%s that could not be read", words.Count(d.Skipped, "image"))
	}
	if info.Untested != "" {
		add("test", "failed: %s", info.Untested)
	}
	add("classes", "%s", strings.Join(d.Classes, ", "))
	add("data sha256", "%s", d.Digest)
	m := &info.Machine
	add("machine", "%s, %s, %s %s", m.CPU, words.Count(m.Threads, "thread"), m.OS, m.Arch)
	add("versions", "cnntrain %s, %s", m.Version, m.Go)
}

// addCurves adds the curves of the epochs.
func (p *report) addCurves(ctx context.Context, r *runs.Run) {
	for _, c := range experiment.Curves([]*runs.Run{r}) {
		p.Curves = append(p.Curves, p.svg(ctx, plot.Curves(c)))
	}
	names := r.Info.FigureNames()
	if len(r.Info.Epochs) > 0 {
		p.EpochNames = append([]string{"epoch"}, names...)
	}
	for i, figures := range r.Info.Epochs {
		e := reportEpoch{Best: r.Info.Best != nil && r.Info.Best.Epoch == i+1, Cells: []string{strconv.Itoa(i + 1)}}
		for _, name := range names {
			e.Cells = append(e.Cells, figureOf(figures, name))
		}
		p.Epochs = append(p.Epochs, e)
	}
}

// addModel adds the layers.
func (p *report) addModel(ctx context.Context, e *experiment.Experiment) {
	p.Branches = !e.Plan.IsChain()
	for _, l := range e.Plan.Layers {
		trainable, frozen := l.Params()
		p.Layers = append(p.Layers, reportLayer{l.Label, l.Type, l.Out.String(), words.Commas(trainable + frozen), strings.Join(inputNames(e.Plan, &l), ", ")})
	}
	p.Architecture = p.svg(ctx, architecturePicture(e))
}

// addFilters adds the filters of the first convolution, if there is one.
func (p *report) addFilters(t *trained.Model) {
	if _, filters := firstFilters(t); filters != nil {
		p.Filters = p.pngs(filters)
	}
}

// svg returns a picture as an inline element, without the XML header and namespaces of a
// file.
func (p *report) svg(ctx context.Context, picture *plot.Picture) template.HTML {
	var b bytes.Buffer
	if err := picture.Write(ctx, &b, plot.SVG); err != nil {
		p.note(err)
		return ""
	}
	_, element, _ := strings.Cut(b.String(), "<svg")
	head, rest, _ := strings.Cut(element, ">")
	var kept []string
	for attribute := range strings.FieldsSeq(head) {
		if !strings.HasPrefix(attribute, "xmlns") {
			kept = append(kept, attribute)
		}
	}
	return template.HTML("<svg " + strings.Join(kept, " ") + ">" + rest) // generated here, with all names escaped
}

// pngs returns images as data URIs.
func (p *report) pngs(images []image.Image) (uris []template.URL) {
	for _, img := range images {
		var b bytes.Buffer
		p.note(png.Encode(&b, img))
		uris = append(uris, template.URL("data:image/png;base64,"+base64.StdEncoding.EncodeToString(b.Bytes())))
	}
	return uris
}

func (p *report) note(err error) {
	if p.err == nil {
		p.err = err
	}
}
