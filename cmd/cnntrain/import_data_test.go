package main

import (
	"math"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
)

// Most are LeNet5s trained by Keras on CIFAR-10.
func TestRightPixels(t *testing.T) {
	for _, c := range []struct {
		plain, scaled [2]float64 // loss, accuracy
		want          string
	}{
		{[2]float64{265.86, 0.34}, [2]float64{1.48, 0.44}, "--rescaling looks right"},
		{[2]float64{165.78, 0.09}, [2]float64{2.37, 0.09}, "--rescaling looks right"}, // 128 images, two epochs
		{[2]float64{387, 0.1}, [2]float64{2.31, 0.12}, "--rescaling looks right"},
		{[2]float64{2.05, 0.29}, [2]float64{2.34, 0.20}, "as it is looks right"},
		{[2]float64{0.8, 0.75}, [2]float64{3.1, 0.11}, "as it is looks right"},
		{[2]float64{18.39, 0.09}, [2]float64{2.30, 0.10}, "neither looks right"}, // trained a little, on 0 to 255
		{[2]float64{2.3, 0.1}, [2]float64{2.3, 0.1}, "neither looks right"},
		{[2]float64{0, 1}, [2]float64{0, 1}, "neither looks right"},
	} {
		plain := &train.Result{Examples: 300, Loss: c.plain[0], Metrics: []float64{c.plain[1]}}
		scaled := &train.Result{Examples: 300, Loss: c.scaled[0], Metrics: []float64{c.scaled[1]}}
		if got := rightPixels(plain, scaled, 10); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v, %v: %s, want %s", c.plain, c.scaled, got, c.want)
		}
	}
}

func TestWeightsThatAreNotNumbersAreRefused(t *testing.T) {
	var problems spec.Problems
	p := builder.NewPlan(spec.Parse("net.yaml", []byte("input: [2, 2, 1]\nlayers: [flatten, {dense: {units: 2, activation: softmax}}]\ntrain: {}\n"), nil, &problems), &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	broken := p.NewModel(1).Weights()
	broken[1].Data[0] = float32(math.NaN())
	err := experiment.SetWeights(p.NewModel(2), &checkpoint.File{Tensors: broken}, "best.safetensors")
	const want = "best.safetensors: weights that are NaN or infinite: dense/bias (1 of 2); "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
