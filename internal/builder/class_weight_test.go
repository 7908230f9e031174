package builder

import (
	"fmt"
	"strings"
	"testing"

	"cnntrain/internal/spec"
)

func TestClassWeightsFindTheirClasses(t *testing.T) {
	letters, numbers := []string{"cat", "dog", "é"}, []string{"1", "2", "3"}
	for _, c := range []struct {
		weights  string
		names    []string
		examples []int
		want     string
	}{
		{"{dog: 2}", letters, nil, "[1 2 1]"},
		{"{0: 3, dog: 2}", letters, nil, "[3 2 1]"},
		{"{e\u0301: 2}", letters, nil, "[1 1 2]"}, // é as two characters
		{"{1: 2, 3: 4}", numbers, nil, "[2 1 4]"},
		{"{0: 1, 1: 2, 2: 3}", numbers, nil, `class_weight: no class is called "0"; a number is a name here, as in "1"`},
		{"{cat: 1, 0: 2}", letters, nil, `class_weight: "cat" and "0" are the same class`},
		{"{cat: 0, dog: 0, é: 0}", letters, nil, "class_weight: all that is trained on weighs 0, so nothing would be learned"},
		{"[0, 0, 1]", letters, []int{3, 4, 0}, "class_weight: all that is trained on weighs 0, so nothing would be learned"},
		{"balanced", letters, nil, "[]"},
		{"balanced", letters, []int{1, 2, 3}, "[2 1 0.6666667]"}, // 6/(3*1), 6/(3*2), 6/(3*3), as in scikit-learn
		{"balanced", letters, []int{4, 0, 4}, "[0.6666667 1 0.6666667]"},
	} {
		p := weighted(t, c.weights)
		got := ""
		if err := p.WeighClasses(c.names, c.examples); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(p.ClassWeights())
		}
		if got != c.want {
			t.Errorf("%s for %v: %s, want %s", c.weights, c.names, got, c.want)
		}
	}
}

func TestClassWeightsOfNothingAreFoundInTheSpec(t *testing.T) {
	for weights, want := range map[string]string{
		"[0, 0, 0]": "class_weight: all that is trained on weighs 0",
		"balance":   `"class_weight" cannot be "balance"; did you mean "balanced"?`,
		"2":         `"class_weight" must be a list of numbers or {name: number}, got 2`,
	} {
		var problems spec.Problems
		NewPlan(spec.Parse("x.yaml", []byte(tiny+"train: {class_weight: "+weights+"}\n"), nil, &problems), &problems)
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", weights, err)
		}
	}
}
