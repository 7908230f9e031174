package builder

import (
	"slices"
	"testing"

	"cnntrain/internal/batch"
)

func TestAugmenterShowsWhatTheTrainingGraphSees(t *testing.T) {
	const n, seed = 5, 7
	p := plan(t, `
input: [9, 8, 2]
layers:
  - random_flip: horizontal_and_vertical
  - random_rotation: 0.2
  - random_contrast: 0.5
  - flatten
  - dense: {units: 3, activation: softmax}
`)
	a, err := p.NewAugmenter(n, seed, true)
	if err != nil || a == nil {
		t.Fatal(a, err)
	}
	m := p.NewModel(seed)
	images, labels := examples(n)
	for step := range 3 {
		_, training, err := prepareAndStep(m, step, images, labels)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(training)
		seen, err := a.Run(batch.Place{Step: step}, images)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(seen, images) {
			t.Error("nothing was drawn")
		}
		// In inference the model does not augment, so it receives the images unchanged.
		_, got, err := m.Evaluate(seen, labels)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("step %d: the model makes %v of them, and made %v", step, got, want)
		}
	}
}

func TestAugmenterEndsWithTheLastAugmentationInFront(t *testing.T) {
	for layers, want := range map[string]string{
		"[flatten, dense: {units: 3, activation: softmax}]":                                                                      "",
		"[conv2d: {filters: 2, kernel_size: 1}, random_flip, flatten, dense: {units: 3, activation: softmax}]":                   "",
		"[zero_padding2d: 1, random_crop: {height: 4, width: 5}, rescaling: 2, flatten, dense: {units: 3, activation: softmax}]": "4x5x2",
	} {
		a, err := plan(t, "input: [9, 8, 2]\nlayers: "+layers).NewAugmenter(1, 0, true)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if a != nil {
			got = a.Out.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", layers, got, want)
		}
	}
}
