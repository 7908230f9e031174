package builder

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/batch"
	"cnntrain/internal/spec"
)

const mixing = `
input: [9, 8, 2]
layers:
  - random_rotation: 0.1
  - gaussian_noise: 1
  - mix_up: 0.7
  - random_erasing: {factor: 1, scale: 0.1, fill_value: 0}
  - cut_mix: [0.6, 1]
  - random_crop: {height: 8, width: 8}
  - flatten
  - dense: {units: 3, activation: softmax}
train: {class_weight: [1, 2, 5]}
`

func mixingModel(t *testing.T) *Model {
	p := plan(t, mixing)
	if err := p.WeighClasses([]string{"a", "b", "c"}, nil); err != nil {
		t.Fatal(err)
	}
	return p.NewModel(3)
}

// A share, with the images that follow it, gives the bytes of the whole batch at its positions,
// also around the end of the batch.
func TestMixturesOfAShareAreThoseOfTheBatch(t *testing.T) {
	const n = 7
	images, labels := examples(n)
	m := mixingModel(t)
	whole, err := m.Prepare(loaded(4, images, labels))
	if err != nil {
		t.Fatal(err)
	}
	if m.Mixes() != 2 || len(whole.Parts) != 4*n {
		t.Fatalf("%d mixing layers, %d parts", m.Mixes(), len(whole.Parts))
	}
	out, in := len(whole.Images)/n, len(images)/n
	for first := range n {
		for size := 1; first+size <= n && size < n; size++ {
			part := batch.Loaded{Place: batch.Place{Step: 4, First: first, Of: n}, N: size}
			for k := range size + m.Mixes() {
				i := (first + k) % n
				part.Images = append(part.Images, images[i*in:][:in]...)
				part.Labels = append(part.Labels, labels[i])
			}
			got, err := m.Prepare(part)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Images, whole.Images[first*out:][:size*out]) {
				t.Errorf("images %d to %d differ", first, first+size)
			}
			if !slices.Equal(got.Labels, whole.Labels[first:first+size]) || !slices.Equal(got.Parts, whole.Parts[4*first:][:4*size]) {
				t.Errorf("labels %d to %d differ", first, first+size)
			}
		}
	}
}

// The loss is that of the mixed labels, times the weight of the class with the largest part.
func TestLossOfMixturesIsThatOfMixedLabels(t *testing.T) {
	const n = 6
	images, labels := examples(n)
	m := mixingModel(t)
	p, err := m.Prepare(loaded(0, images, labels))
	if err != nil {
		t.Fatal(err)
	}
	loss, probabilities, err := m.Step(p)
	if err != nil {
		t.Fatal(err)
	}
	want, mixed := 0.0, false
	for i := range n {
		var target [3]float64
		total := 0.0
		for _, part := range p.Parts[4*i:][:4] {
			target[part.Label] += float64(part.Weight)
			total += float64(part.Weight)
		}
		if math.Abs(total-1) > 1e-6 {
			t.Errorf("the parts of image %d are %g", i, total)
		}
		largest := slices.Max(target[:])
		mixed = mixed || largest < 0.9
		if main := p.Labels[i]; math.Abs(target[main]-largest) > 1e-6 {
			t.Errorf("image %d counts as class %d of %v", i, main, target)
		}
		for c, part := range target {
			want -= []float64{1, 2, 5}[p.Labels[i]] * part * math.Log(float64(probabilities[3*i+c])) / n
		}
	}
	if math.Abs(float64(loss)-want) > 1e-4*want || !mixed {
		t.Errorf("loss %g, want %g; mixed: %v", loss, want, mixed)
	}
}

func TestEqualPartsCountAsTheFirstClass(t *testing.T) {
	var x mixture
	labels := []int{0, 0, 0}
	x.main(labels, []batch.Part{
		{Label: 2, Weight: 0.4}, {Label: 1, Weight: 0.3}, {Label: 1, Weight: 0.3}, {Label: 0, Weight: 0},
		{Label: 2, Weight: 0.5}, {Label: 1, Weight: 0.5}, {Label: 0, Weight: 0}, {Label: 0, Weight: 0},
		{Label: 1, Weight: 0.5}, {Label: 2, Weight: 0.5}, {Label: 0, Weight: 0}, {Label: 0, Weight: 0},
	})
	if !slices.Equal(labels, []int{1, 1, 1}) {
		t.Errorf("counted as %v", labels)
	}
}

func TestMixingLayersNeedTheImagesAlone(t *testing.T) {
	for layers, want := range map[string]string{
		"[mix_up: 0.2, flatten, dense: {units: 3, activation: softmax}]":                                                                "",
		"[conv2d: {filters: 2, kernel_size: 1}, mix_up: 0.2, flatten, dense: {units: 3, activation: softmax}]":                          "mix_up: mixes images and their labels, so it must be in front of all layers with weights, and not in a branch",
		"[add: [[], [cut_mix]], flatten, dense: {units: 3, activation: softmax}]":                                                       "cut_mix: mixes images and their labels, so it must be in front of all layers with weights, and not in a branch",
		"[dropout: 0.2, mix_up: 0.2, cut_mix, flatten, dense: {units: 3, activation: softmax}]":                                         "mix_up: put it in front of dropout",
		"[random_flip, mix_up: 0.2, residual: [conv2d: {filters: 2, kernel_size: 1}], flatten, dense: {units: 3, activation: softmax}]": "",
		"[mix_up: 0.2, flatten, dense: {units: 3, activation: sigmoid}]\ntrain: {loss: binary_focal_crossentropy}":                      "x.yaml:2:10: mix_up: mixes labels, and the loss is not linear in them; leave it out, or set loss: binary_crossentropy",
		"[cut_mix, flatten, dense: {units: 3, activation: sigmoid}]\ntrain: {loss: binary_crossentropy}":                                "",
		"[cut_mix, flatten, dense: {units: 3, activation: softmax}]\ntrain: {loss: categorical_focal_crossentropy}":                     "",
	} {
		var problems spec.Problems
		NewPlan(spec.Parse("x.yaml", []byte("input: [9, 8, 2]\nlayers: "+layers), nil, &problems), &problems)
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", layers, got, want)
		}
	}
}
