package train

import (
	"math"
	"testing"
)

// fixed is a model that predicts the same for every image.
type fixed []float32

func (f fixed) Classes() int { return len(f) }

func (f fixed) Outputs() (int, bool) { return len(f), false }

func (f fixed) Truth(label int) []bool {
	truth := make([]bool, len(f))
	truth[label] = true
	return truth
}

func (f fixed) Evaluate(_ []float32, labels []int) (float32, []float32, error) {
	var p []float32
	for range labels {
		p = append(p, f...)
	}
	return 0, p, nil
}

func TestEnsemble(t *testing.T) {
	members := []Predictor{fixed{0.5, 0.4, 0.1}, fixed{0, 0.9, 0.1}, fixed{0.5, 0.2, 0.3}, fixed{0.1, 0.5, 0.4}}
	for _, c := range []struct {
		vote bool
		want []float64
	}{
		{false, []float64{0.275, 0.5, 0.225}},
		{true, []float64{0.5, 0.5, 0}},
	} {
		e, err := NewEnsemble(members, c.vote)
		if err != nil {
			t.Fatal(err)
		}
		loss, p, err := e.Evaluate(nil, []int{1, -1})
		if err != nil || len(p) != 6 {
			t.Fatal(p, err)
		}
		var sum float64
		for i, v := range p {
			sum += float64(v)
			if math.Abs(float64(v)-c.want[i%3]) > 2e-3 {
				t.Errorf("vote %v: got %v, want %v", c.vote, p, c.want)
			}
		}
		if math.Abs(sum-2) > 1e-6 || !(p[1] > p[0]) {
			t.Errorf("vote %v: %v; the sum has to be 2, and a tie broken by the mean", c.vote, p)
		}
		if want := -math.Log(float64(p[1])) / 2; math.Abs(float64(loss)-want) > 1e-6 {
			t.Errorf("vote %v: loss %v, want %v", c.vote, loss, want)
		}
	}
	if _, err := NewEnsemble(append(members, fixed{1}), false); err == nil {
		t.Error("took models with other classes")
	}
}
