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

// With alternate, an image is flipped in one of two epochs, wherever it is in the batch.
func TestAlternateFlipsDependOnTheImageAndTheEpoch(t *testing.T) {
	const n = 200
	p := plan(t, "input: [2, 2, 1]\nlayers: [random_flip: {mode: horizontal, alternate: true}, flatten, dense: {units: 3, activation: softmax}]")
	a, err := p.NewAugmenter(n, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	images, index := make([]float32, 4*n), make([]int, n)
	flips := func(epoch int, index []int) []bool {
		for i := range n {
			copy(images[4*i:], []float32{0, 1, 2, 3})
		}
		out, err := a.Run(batch.Place{Step: 9 * epoch, Epoch: epoch, Of: n, Index: index}, images)
		if err != nil {
			t.Fatal(err)
		}
		flipped := make([]bool, n)
		for i := range n {
			flipped[index[i]] = out[4*i] == 1
		}
		return flipped
	}
	for i := range index {
		index[i] = n - 1 - i
	}
	first := flips(1, index)
	slices.Sort(index)
	second := flips(2, index)
	count := 0
	for i := range n {
		if first[i] == second[i] {
			t.Errorf("image %d is flipped in both epochs or in none", i)
		}
		if first[i] {
			count++
		}
	}
	if count < 70 || count > 130 {
		t.Errorf("%d of %d are flipped in the first epoch", count, n)
	}
	if !slices.Equal(first, flips(3, index)) {
		t.Error("the third epoch is not the first")
	}
}
