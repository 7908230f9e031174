package builder

import (
	"errors"
	"math"
	"strings"
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

// The outputs of a whitened layer are uncorrelated over the training data, with variance 1; the
// second half of the filters is the negative of the first.
func TestWhiteningWhitensThePatchesOfTheTrainingData(t *testing.T) {
	const n, used = 40, 30
	p := plan(t, `
input: [5, 6, 2]
layers:
  - random_flip
  - rescaling: 1/100
  - conv2d: {filters: 16, kernel_size: 2, trainable: false, kernel_initializer: {whitening: {epsilon: 0, examples: 30}}}
  - global_max_pooling2d
  - dense: {units: 3, activation: softmax, kernel_initializer: whitening}
`)
	m := p.NewModel(1)
	images := make([]float32, n*60)
	for i := range images {
		images[i] = float32(100*random.New(4).Normal(uint64(i)) + 60*random.New(5).Normal(uint64(i/7)))
	}
	asked := 0
	batches := func(use func(images []float32, n int) error) error {
		for at := 0; at < n; at += 8 {
			asked++
			if err := use(images[at*60:][:8*60], 8); err != nil {
				return err
			}
		}
		return nil
	}
	if err := m.Adapt(batches); err != nil {
		t.Fatal(err)
	}
	if asked != 4+5 {
		t.Errorf("read %d batches, want 4 for 30 examples and 5 for all", asked)
	}
	kernel := m.Weights()[0].Data // [8,16]
	var outputs [][]float64
	for i := range used {
		for y := range 4 {
			for x := range 5 {
				out := make([]float64, 16)
				for k := range 8 {
					v := float64(images[i*60+((y+k/4)*6+x+k/2%2)*2+k%2]) / 100
					for f := range out {
						out[f] += v * float64(kernel[k*16+f])
					}
				}
				outputs = append(outputs, out)
			}
		}
	}
	mean := make([]float64, 16)
	for _, out := range outputs {
		for f, v := range out {
			mean[f] += v / float64(len(outputs))
		}
	}
	for f := range 16 {
		for g := range 16 {
			covariance := 0.0
			for _, out := range outputs {
				covariance += (out[f] - mean[f]) * (out[g] - mean[g]) / float64(len(outputs))
			}
			want := 0.0
			if f%8 == g%8 {
				if want = 1; f != g {
					want = -1
				}
			}
			if math.Abs(covariance-want) > 1e-4 {
				t.Errorf("covariance of outputs %d and %d is %g, want %g", f, g, covariance, want)
			}
		}
	}
}

func TestWhiteningNeedsPatches(t *testing.T) {
	for layers, want := range map[string]string{
		"[conv2d: {filters: 17, kernel_size: 2, kernel_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]":                                      "conv2d: whitening has 16 filters for patches of 8 values, not 17",
		"[conv2d: {filters: 2, kernel_size: 2, groups: 2, kernel_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]":                            "conv2d: whitening initializes the kernels of conv2d without groups, and of dense, not this kernel",
		"[depthwise_conv2d: {kernel_size: 2, depthwise_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]":                                      "depthwise_conv2d: whitening initializes the kernels of conv2d without groups, and of dense, not this kernel",
		"[flatten, dense: {units: 3, activation: softmax, bias_initializer: whitening}]":                                                                               "dense: whitening initializes the kernels of conv2d without groups, and of dense, not this bias",
		"[conv2d: {filters: 600, kernel_size: [9, 8], kernel_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]":                                "",
		"[conv2d: {filters: 2, kernel_size: [2, 3], dilation_rate: 4, padding: same, kernel_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]": "conv2d: whitening is from windows within the input, and one of 5x9 is larger than that of 9x8x2",
		"[up_sampling2d: 2, conv2d: {filters: 6, kernel_size: 12, kernel_initializer: whitening}, flatten, dense: {units: 3, activation: softmax}]":                    "conv2d: whitening is for patches of at most 256 values, and these have 288",
	} {
		if want == "" {
			want = "conv2d: whitening has 288 filters for patches of 144 values, not 600"
		}
		var problems spec.Problems
		NewPlan(spec.Parse("x.yaml", []byte("input: [9, 8, 2]\nlayers: "+layers), nil, &problems), &problems)
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", layers, err, want)
		}
	}
}
