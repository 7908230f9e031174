package builder

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/spec"
)

// binary is a model of decisions with a number of outputs.
func binary(t *testing.T, outputs, train string) *Plan {
	return plan(t, "input: [9, 8, 2]\nlayers:\n  - rescaling: 1/255\n  - flatten\n  - dense: {units: "+outputs+", activation: sigmoid}\ntrain: {loss: binary_crossentropy"+train+"}\n")
}

func TestOneSigmoidTellsTwoClasses(t *testing.T) {
	p := binary(t, "1", ", class_weight: [1, 3]")
	if p.Classes() != 2 || p.Outputs() != 1 {
		t.Fatalf("%d classes of %d outputs", p.Classes(), p.Outputs())
	}
	if err := p.WeighClasses([]string{"cat", "dog"}, nil); err != nil {
		t.Fatal(err)
	}
	m := p.NewModel(3)
	images, _ := examples(1)
	for label, weight := range []float64{1, 3} {
		loss, both, err := m.Evaluate(images, []int{label})
		if err != nil || len(both) != 2 || both[0]+both[1] != 1 {
			t.Fatal(both, err)
		}
		if want := -math.Log(float64(both[label])); math.Abs(float64(loss)-want) > 1e-6 {
			t.Errorf("class %d: loss %g, want %g", label, loss, want)
		}
		weighted, _, err := prepareAndStep(m, 0, images, []int{label})
		if err != nil || math.Abs(float64(weighted)-weight*float64(loss)) > 1e-6 {
			t.Errorf("class %d: weighted loss %g of %g (%v)", label, weighted, loss, err)
		}
	}
	if loss, _, err := m.Evaluate(images, []int{-1}); err != nil || loss != 0 {
		t.Errorf("an unknown class adds %g (%v)", loss, err)
	}
	if _, _, err := m.Evaluate(images, []int{2}); err == nil {
		t.Error("took a third class")
	}
}

func TestSeveralSigmoidsDecideAboutEachClass(t *testing.T) {
	p := binary(t, "3", "")
	if err := p.SetLabels([][]int{{}, {0, 2}}); err != nil {
		t.Fatal(err)
	}
	m := p.NewModel(3)
	if got := m.Truth(1); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("label 1 means %v", got)
	}
	images, _ := examples(1)
	for label, truth := range [][]bool{{false, false, false}, {true, false, true}} {
		loss, y, err := m.Evaluate(images, []int{label})
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for c, is := range truth {
			if is {
				want -= math.Log(float64(y[c])) / 3
			} else {
				want -= math.Log(1-float64(y[c])) / 3
			}
		}
		if math.Abs(float64(loss)-want) > 1e-6 {
			t.Errorf("label %d: loss %g, want %g", label, loss, want)
		}
	}
	if err := plan(t, tiny).SetLabels([][]int{{0, 1}}); err == nil || !strings.Contains(err.Error(), "binary_crossentropy") {
		t.Errorf("a model that tells one class of several takes several: %v", err)
	}
}

func TestDecisionsNeedSigmoids(t *testing.T) {
	for _, c := range []struct{ layers, train, want string }{
		{"[flatten, dense: 1]", "", "x.yaml:2:19: dense: its activation is linear, but binary_crossentropy needs the probability of each decision; set activation: sigmoid,"},
		{"[flatten, dense: {units: 2, activation: softmax}]", "", "x.yaml:2:19: dense: its activation is softmax, but binary_crossentropy needs"},
		{"[flatten, dense: {units: 2, activation: sigmoid}]", ", class_weight: balanced", "x.yaml:3:8: train: class_weight: with several labels"},
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [2, 2, 1]\nlayers: "+c.layers+"\ntrain: {loss: binary_crossentropy"+c.train+"}\n"), nil, &problems)
		NewPlan(s, &problems)
		if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.layers, err)
		}
	}
}
