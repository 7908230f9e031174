package checkpoint

import (
	"math"
	"testing"
)

func TestTensorsWithNumbersThatAreNoneAreNamed(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	err := Finite([]Tensor{{"a", []int{2}, []float32{1, nan}}, {"b", []int{1}, []float32{math.MaxFloat32}}, {"c", []int{3}, []float32{inf, 0, nan}}, {"d", []int{0}, nil}})
	const want = "weights that are NaN or infinite: a (1 of 2), c (2 of 3); use weights from before training broke down"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := Finite([]Tensor{{"b", []int{1}, []float32{math.MaxFloat32}}}); err != nil {
		t.Error(err)
	}
}
