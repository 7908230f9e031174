package builder

import (
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/batch"
)

// The base is as long as possible, and ends where few values are.
func TestTheBaseEndsWhereFewValuesAre(t *testing.T) {
	const head = ", flatten, dense: {units: 3, activation: softmax}"
	frozen := "conv2d: {filters: 4, kernel_size: 3, trainable: false}"
	for _, c := range []struct {
		layers, until string
		values        int // 0: there is no base
		why           string
	}{
		{frozen + ", relu, global_average_pooling2d, dense: {units: 3, activation: softmax}", "global_average_pooling2d", 4, ""},
		{"rescaling: 1/255, " + frozen + ", max_pooling2d, batch_normalization: {trainable: false}, dropout: 0.1" + head, "batch_normalization", 3 * 3 * 4, ""},
		{frozen + ", zero_padding2d: 2, up_sampling2d, conv2d: {filters: 2, kernel_size: 3}" + head, "conv2d", 6 * 6 * 4, ""},
		{frozen + ", batch_normalization: {center: false, scale: false}" + head, "conv2d", 6 * 6 * 4, ""},
		{frozen + ", add: [[conv2d: {filters: 4, kernel_size: 1}], [relu]]" + head, "conv2d", 6 * 6 * 4, ""},
		{frozen + ", add: [[conv2d: {filters: 4, kernel_size: 1}], [max_pooling2d: {pool_size: 3, strides: 1, padding: same}, conv2d: {filters: 4, kernel_size: 1, trainable: false}]]" + head, "conv2d_2", 2 * 6 * 6 * 4, ""},
		{frozen + ", add: [[max_pooling2d, up_sampling2d], []]" + head, "flatten", 6 * 6 * 4, ""},
		{"concatenate: [[" + frozen + ", zero_padding2d: 1], [conv2d: {filters: 2, kernel_size: 1}]]" + head, "conv2d", 8*8*3 + 6*6*4, ""},
		{"rescaling: 1/255" + head, "", 0, ""},
		{"random_flip, " + frozen + head, "", 0, "random_flip draws at random; augment_copies: 4"},
		{"dropout: 0.1, " + frozen + head, "", 0, "dropout draws at random"},
		{"conv2d: {filters: 3, kernel_size: 1, name: first}, " + frozen + head, "", 0, "first in front of conv2d is trained"},
		{"add: [[], [conv2d: {filters: 3, kernel_size: 1, name: first}]], " + frozen + head, "", 0, "first in front of conv2d is trained"},
		{frozen + ", flatten, dense: {units: 3, activation: softmax, trainable: false}", "", 0, "all layers are frozen"},
	} {
		p := plan(t, "input: [8, 8, 3]\nlayers: ["+c.layers+"]\n")
		f, why := p.Frozen()
		switch {
		case f == nil && c.values > 0 || f != nil && (f.Values != c.values || f.Until != c.until):
			t.Errorf("%s: %+v, %q; want %d values up to %s", c.layers, f, why, c.values, c.until)
		case f == nil && !strings.HasPrefix(why, c.why):
			t.Errorf("%s: %q, want %q", c.layers, why, c.why)
		}
	}
}

// Flips that alternate between epochs alternate between the copies of an image.
func TestCopiesAlternate(t *testing.T) {
	m := plan(t, `
input: [2, 3, 1]
layers:
  - random_flip: {mode: horizontal, alternate: true}
  - conv2d: {filters: 2, kernel_size: 1, name: frozen}
  - flatten
  - dense: {units: 3, activation: softmax}
train: {freeze: frozen, augment_copies: 2}
`).NewModel(1)
	images := []float32{1, 2, 3, 4, 5, 6}
	var sides [3][]float32
	for epoch := range sides {
		p, err := m.Prepare(batch.Loaded{Place: batch.Place{Epoch: epoch + 1, Index: []int{0}}, N: 1, Images: images, Labels: []int{0}})
		if err != nil {
			t.Fatal(err)
		}
		sides[epoch] = slices.Clone(p.Images)
	}
	for i, v := range sides[0] {
		if mirrored := sides[1][i/3*3+2-i%3]; v != mirrored || v != sides[2][i] || slices.Equal(sides[0], sides[1]) {
			t.Fatalf("epochs 1, 2 and 3 see %v", sides)
		}
	}
}
