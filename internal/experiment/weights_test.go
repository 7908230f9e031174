package experiment

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/spec"
)

// A file without a digest can hold anything; a model of NaN would predict NaN.
func TestWeightsThatAreNotFiniteAreRefused(t *testing.T) {
	var problems spec.Problems
	text := "name: x\ninput: [32, 32, 3]\ndata: {dataset: shapes}\nlayers: [flatten, dense: {units: 10, activation: softmax}]\n"
	e, err := New(spec.Parse("x.yaml", []byte(text), nil, &problems), &problems)
	if err != nil {
		t.Fatal(err)
	}
	m := e.Plan.NewModel(1)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		var tensors []checkpoint.Tensor
		for _, w := range m.Weights() {
			w.Data = slices.Clone(w.Data)
			tensors = append(tensors, w)
		}
		tensors[0].Data[3] = float32(bad)
		err := SetWeights(m, &checkpoint.File{Tensors: tensors}, "x.safetensors")
		if err == nil || !strings.Contains(err.Error(), "x.safetensors: weights that are NaN or infinite: dense/kernel (1 of 30720)") {
			t.Errorf("%v: got %v", bad, err)
		}
	}
}
