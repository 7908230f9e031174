package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"io"
	"regexp"
	"strings"
	"testing"

	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
)

// hostile is a name that would be markup or script if it were not escaped.
const hostile = `<img src="http://example.com/x" onerror=alert(1)> & '</svg></pre><script>alert(2)</script>`

// hostilePage is a page in which all texts are hostile.
func hostilePage(t *testing.T) string {
	t.Helper()
	p := &report{Spec: hostile, Branches: true, Layers: []reportLayer{{hostile, hostile, "1", "2", hostile}}}
	r := &runs.Run{Dir: hostile, Info: runs.Info{
		Name: hostile, Status: runs.Failed, Reason: hostile, Command: []string{hostile},
		Dataset: runs.Dataset{Name: hostile, Classes: []string{hostile, "cat"}},
		Epochs:  []runs.Figures{{{Name: hostile, Value: 1}, {Name: "val_" + hostile, Value: 2}}},
		Best:    &runs.Best{Epoch: 1, Monitor: hostile},
		Test:    runs.Figures{{Name: hostile, Value: 1}},
		Weights: &runs.Weights{File: hostile},
	}}
	p.describe(r)
	p.addCurves(t.Context(), r)
	confusion := plot.Confusion(r.Info.Dataset.Classes, [][]int{{1, 2}, {3, 4}})
	p.Tested = &reportTested{Confusion: p.svg(t.Context(), confusion), Classes: p.svg(t.Context(), plot.Classes([]plot.Class{{Name: hostile}, {Name: "cat"}}))}
	images := p.pngs([]image.Image{plot.Image([]float32{1}, 1, 1, 1, 0, 1)})
	p.Tested.Confused, p.Filters = []reportRow{{hostile, images}}, images
	p.Architecture = p.svg(t.Context(), plot.Architecture(hostile, []plot.Layer{{Name: hostile, Detail: hostile}}))
	var b bytes.Buffer
	if err := errors.Join(p.err, reportPage.Execute(&b, p)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportEscapesNames(t *testing.T) {
	page := hostilePage(t)
	for _, never := range []string{"<script", "<img src=\"http", "onerror=alert(1)>"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the names are not in the page at all")
	}
}

func TestReportIsWellFormed(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(hostilePage(t)))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReportNeedsNothingFromOutside(t *testing.T) {
	page := hostilePage(t)
	references := regexp.MustCompile(`(?i)<(link|script|iframe|object|embed|base|form)|@import|url\(|(src|srcset|href|xlink:href|action|data)\s*=\s*"([^"]*)"`)
	found := 0
	for _, m := range references.FindAllStringSubmatch(page, -1) {
		if found++; !strings.HasPrefix(m[3], "data:image/png;base64,") {
			t.Errorf("the page has %s", m[0])
		}
	}
	if found != 2 {
		t.Errorf("%d references, want those of two images", found)
	}
}
