package train

import (
	"math"
	"slices"
	"testing"
)

// seer is a model of two classes whose probability of the second is the first pixel.
type seer struct{ seen [][]float32 }

func (s *seer) Classes() int           { return 2 }
func (s *seer) Outputs() (int, bool)   { return 2, false }
func (s *seer) Truth(label int) []bool { return []bool{label == 0, label == 1} }
func (s *seer) Evaluate(images []float32, labels []int) (float32, []float32, error) {
	s.seen = append(s.seen, slices.Clone(images))
	p := make([]float32, 0, 2*len(labels))
	for i := range labels {
		v := images[i*9] / 10
		p = append(p, 1-v, v)
	}
	return 0, p, nil
}

func TestViewsAreTheMirrorImageAndShifts(t *testing.T) {
	s := &seer{}
	tta, err := ParseTTA("shift, flip")
	if err != nil || tta.String() != "flip,shift" {
		t.Fatal(tta, err)
	}
	image := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	loss, p, err := NewViewed(s, tta, []int{3, 3, 1}).Evaluate(image, []int{1})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float32{
		{1, 2, 3, 4, 5, 6, 7, 8, 9},
		{5, 4, 5, 2, 1, 2, 5, 4, 5}, // down and right, reflected at the edge
		{5, 6, 5, 8, 9, 8, 5, 6, 5},
		{3, 2, 1, 6, 5, 4, 9, 8, 7},
		{5, 6, 5, 2, 3, 2, 5, 6, 5},
		{5, 4, 5, 8, 7, 8, 5, 4, 5},
	}
	if !slices.EqualFunc(s.seen, want, slices.Equal) {
		t.Errorf("saw %v, want %v", s.seen, want)
	}
	mean := 0.25*0.1 + 0.125*0.5 + 0.125*0.5 + 0.25*0.3 + 0.125*0.5 + 0.125*0.5
	if math.Abs(float64(p[1])-mean) > 1e-6 || math.Abs(float64(loss)+math.Log(mean)) > 1e-5 {
		t.Errorf("probability %g, loss %g, want %g and -log of it", p[1], loss, mean)
	}
}

func TestShiftsAreAPixelIn32(t *testing.T) {
	for size, want := range map[int]int{1: 0, 2: 1, 32: 1, 47: 1, 48: 2, 224: 7} {
		got := 0
		for _, v := range (TTA{Shift: true}).views(size, size) {
			got = max(got, v.move)
		}
		if got != want {
			t.Errorf("%d pixels: shifted by %d, want %d", size, got, want)
		}
	}
	if _, err := ParseTTA("flip,zoom"); err == nil {
		t.Error("zoom is a view")
	}
}
