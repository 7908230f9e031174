package experiment

import (
	"math"
	"testing"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/runs"
)

func TestVerifyNamesTheFirstTensorThatDiffers(t *testing.T) {
	tensors := func(kernel, bias float32) []checkpoint.Tensor {
		return []checkpoint.Tensor{
			{Name: "dense/kernel", Shape: []int{2}, Data: []float32{1, kernel}},
			{Name: "dense/bias", Shape: []int{1}, Data: []float32{bias}},
		}
	}
	for _, c := range []struct {
		now  []checkpoint.Tensor
		want string
	}{
		{tensors(2, 0), ""},
		{tensors(2.5, 0), "dense/kernel: 1 of 2 values, by up to 0.5"},
		{tensors(2, float32(math.Copysign(0, -1))), "dense/bias: 1 of 1 value, by up to 0"},
		{tensors(3, 1), "dense/kernel: 1 of 2 values, by up to 1; and in 1 other tensor"},
	} {
		if got := firstApart(tensors(2, 0), c.now); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := firstApart(tensors(2, 0), tensors(2, 0)[:1]); got == "" {
		t.Error("a tensor that is missing is no difference")
	}
}

func TestVerifyNamesTheFiguresThatDiffer(t *testing.T) {
	before := runs.Figures{{Name: "loss", Value: 1}, {Name: "accuracy", Value: 0.5}}
	for _, c := range []struct {
		now  runs.Figures
		want string
	}{
		{before, ""},
		{runs.Figures{{Name: "loss", Value: 1}, {Name: "accuracy", Value: math.Nextafter(0.5, 1)}}, "accuracy"},
		{runs.Figures{{Name: "loss", Value: 2}}, "loss, accuracy"},
		{append(before[:2:2], runs.Figure{Name: "macro_f1"}), "macro_f1"},
	} {
		if got := apart(before, c.now); got != c.want {
			t.Errorf("%v: got %q, want %q", c.now, got, c.want)
		}
	}
}
