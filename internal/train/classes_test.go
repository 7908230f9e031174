package train

import (
	"math"
	"testing"
)

// A model that always predicts dog: accuracy 0.78, although it has learned nothing.
func TestFiguresOfALargeClass(t *testing.T) {
	r := &Result{Examples: 23, Confusion: [][]int{{0, 5}, {0, 18}}}
	class, alone := r.Largest()
	for what, v := range map[string][2]float64{
		"accuracy": {r.Accuracy(), 18. / 23}, "the largest class": {float64(class), 1}, "it alone": {alone, 18. / 23},
		"balanced accuracy": {r.BalancedAccuracy(), 0.5}, "macro F1": {r.MacroF1(), (0 + 36./41) / 2},
	} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, v[0], v[1])
		}
	}
	if c := r.Classes()[0]; c.Recall != 0 || !math.IsNaN(c.Precision) || c.F1 != 0 {
		t.Errorf("%+v", c)
	}
}

func TestNothingIsNoFigure(t *testing.T) {
	// Class 2 has neither examples nor predictions; class 1 has no examples but is
	// predicted.
	r := &Result{Examples: 4, Confusion: [][]int{{3, 1, 0}, {0, 0, 0}, {0, 0, 0}}}
	c := r.Classes()
	if !math.IsNaN(c[1].Recall) || c[1].Precision != 0 || c[1].F1 != 0 {
		t.Errorf("%+v", c[1])
	}
	if !math.IsNaN(c[2].Recall) || !math.IsNaN(c[2].Precision) || !math.IsNaN(c[2].F1) {
		t.Errorf("%+v", c[2])
	}
	if got := r.BalancedAccuracy(); got != 0.75 {
		t.Errorf("balanced accuracy %v", got)
	}
	if got, want := r.MacroF1(), (6./7+0)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("macro F1 %v, want %v", got, want)
	}
}
