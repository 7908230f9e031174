package builder

import (
	"errors"
	"math"
	"testing"

	"cnntrain/internal/random"
	"cnntrain/internal/spec"
)

// Two layers, the second of which gets what the first one gives.
func TestNormalizationTakesTheMomentsOfTheTrainingData(t *testing.T) {
	var problems spec.Problems
	s := spec.Parse("adapt.yaml", []byte(`input: [2, 2, 3]
layers:
- random_flip: horizontal
- normalization
- dropout: 0.5
- add: [[], [{rescaling: 0}]]
- conv2d: {filters: 2, kernel_size: 1}
- normalization: {name: second}
- flatten
- dense: {units: 2, activation: softmax}
`), nil, &problems)
	p := NewPlan(s, &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	m := p.NewModel(1)
	if !m.Adapts() {
		t.Fatal("has nothing to adapt")
	}
	const n = 7
	pixels := make([]float32, n*12)
	for i, v := range random.New(3).Perm(len(pixels)) {
		pixels[i] = float32(v + 1000*(i%3)) // far from 0, each channel elsewhere
	}
	batches := func(use func(images []float32, n int) error) error {
		if err := use(pixels[:5*12], 5); err != nil {
			return err
		}
		return use(pixels[5*12:], 2)
	}
	if err := m.Adapt(batches); err != nil {
		t.Fatal(err)
	}
	weights := map[string][]float32{}
	for _, w := range m.Weights() {
		weights[w.Name] = w.Data
	}
	near := func(what string, got float32, want float64) {
		if math.Abs(float64(got)-want) > 1e-5*max(1, math.Abs(want)) {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	values := make([][]float64, 3) // normalized, by channel
	for c := range 3 {
		mean, square := 0.0, 0.0
		for i := c; i < len(pixels); i += 3 {
			mean += float64(pixels[i]) / (n * 4)
		}
		for i := c; i < len(pixels); i += 3 {
			square += (float64(pixels[i]) - mean) * (float64(pixels[i]) - mean) / (n * 4)
		}
		near("mean", weights["normalization/mean"][c], mean)
		near("variance", weights["normalization/variance"][c], square)
		for i := c; i < len(pixels); i += 3 {
			values[c] = append(values[c], (float64(pixels[i])-mean)/math.Sqrt(square))
		}
	}
	for f := range 2 {
		mean, square := 0.0, 0.0
		for i := range n * 4 {
			y := 0.0
			for c := range 3 {
				y += values[c][i] * float64(weights["conv2d/kernel"][c*2+f])
			}
			mean += y / (n * 4)
			square += y * y / (n * 4)
		}
		near("mean of the second", weights["second/mean"][f], mean)
		near("variance of the second", weights["second/variance"][f], square-mean*mean)
	}
	failure := errors.New("no such file")
	if err := m.Adapt(func(func([]float32, int) error) error { return failure }); err != failure {
		t.Errorf("got %v, want the error of the batches", err)
	}
}
