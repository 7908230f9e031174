package main

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/spec"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"
)

// architecturePicture draws the layers of e.
func architecturePicture(e *experiment.Experiment) *plot.Picture {
	p := e.Plan
	planned := map[string]*builder.Layer{}
	for i := range p.Layers {
		planned[p.Layers[i].Label] = &p.Layers[i]
	}
	layers := append([]plot.Layer{{Name: spec.ImagesName, Shape: p.Input.String()}}, boxesOf(e.Spec.Top, planned)...)
	trainable, frozen := p.Params()
	return plot.Architecture(fmt.Sprintf("%s: %s", p.Name, words.Count(trainable+frozen, "parameter")), layers)
}

// boxesOf returns the boxes of items; planned has their layers, by label.
func boxesOf(items []*spec.Item, planned map[string]*builder.Layer) (boxes []plot.Layer) {
	for _, it := range items {
		l := planned[it.Label]
		box := plot.Layer{Name: l.Label, Shape: l.Out.String(), Kind: kindOf(l)}
		if trainable, frozen := l.Params(); trainable+frozen > 0 {
			box.Params = words.Commas(trainable + frozen)
		}
		if len(l.Own) > 0 && strings.HasSuffix(l.Own[0].Name, "kernel") {
			box.Detail = "kernel " + l.Own[0].Shape.String()
		}
		for _, p := range it.Paths {
			box.Paths = append(box.Paths, plot.Path{From: p.FromLabel(), Layers: boxesOf(p.Layers, planned)})
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// kindOf returns the kind of a layer from its name in Keras.
func kindOf(l *builder.Layer) plot.Kind {
	for _, k := range []struct {
		part string
		kind plot.Kind
	}{
		{"Random", plot.Random}, {"Dropout", plot.Random}, {"Normalization", plot.Normalization}, {"Pooling", plot.Pooling},
		{"Conv", plot.Convolution}, {"Dense", plot.Dense}, {"LU", plot.Activation}, {"Softmax", plot.Activation}, {"Activation", plot.Activation},
	} {
		if strings.Contains(l.Type, k.part) {
			return k.kind
		}
	}
	return plot.Other
}

// The number of columns of the sheet of filters, and the size of a filter in points.
const filterColumns, filterSize = 8, 40

// filtersPicture draws the filters of the first convolution of t.
func filtersPicture(t *trained.Model) (*plot.Picture, error) {
	name, filters := firstFilters(t)
	if filters == nil {
		return nil, fmt.Errorf("%s: the model has no convolution, and so no filters to draw", t.File)
	}
	sheet := &plot.Sheet{Title: "filters of " + name, Size: filterSize}
	for row := range slices.Chunk(filters, filterColumns) {
		sheet.Rows = append(sheet.Rows, plot.SheetRow{Images: row})
	}
	return plot.Contact(sheet), nil
}

// firstFilters returns the name and the filters of the first convolution of t.
func firstFilters(t *trained.Model) (name string, filters []image.Image) {
	for _, w := range t.Net.Weights() {
		if label, weight, _ := strings.Cut(w.Name, "/"); strings.HasSuffix(weight, "kernel") && len(w.Shape) == 4 {
			return label, plot.Filters(w.Data, w.Shape[0], w.Shape[1], w.Shape[2], w.Shape[3])
		}
	}
	return "", nil
}
