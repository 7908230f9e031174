package runs

import (
	"strings"
	"testing"
)

func TestEditedSpecIsTold(t *testing.T) {
	const text = "name: net\ninput: [8, 8, 3]\ndata: {dataset: shapes}\nlayers:\n  - flatten\n  - dense: {units: 10, activation: softmax}\ntrain: {epochs: 3, batch_size: 32}\n"
	for edit, want := range map[string]string{
		"":                                "",
		"epochs: 3/epochs: 5":             "train.epochs: 5, was 3",
		"[8, 8, 3]/[16, 8, 3]":            "input: [16, 8, 3], was [8, 8, 3]",
		", batch_size: 32/":               "train.batch_size: 32 is gone",
		"softmax/softmax, use_bias: true": "layers.dense.use_bias: true is new",
		"- flatten/- flatten  # row":      "",
		"dataset: shapes/dataset:":        "data.dataset: shapes",
		"train: {epochs: 3, batch_size: 32}/train: {epochs: 1, batch_size: 2, seed: 3, loss: x}": "train.epochs: 1, was 3; train.batch_size: 2, was 32; train.seed: 3 is new; and 1 more",
	} {
		from, to, _ := strings.Cut(edit, "/")
		if got := Edited(text, strings.Replace(text, from, to, 1)); got != want && !(want != "" && strings.HasPrefix(got, want)) {
			t.Errorf("%s: got %q, want %q", edit, got, want)
		}
	}
}
