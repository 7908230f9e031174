package trained

import (
	"testing"

	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
)

func TestTrainedModelRefusesOtherClasses(t *testing.T) {
	m := &Model{Experiment: &experiment.Experiment{Data: &data.Config{Name: "./pets"}}, File: "best.safetensors", Classes: []string{"cat", "e\u0301"}}
	for _, c := range []struct {
		classes []string
		want    string
	}{
		{[]string{"cat", "é"}, ""},
		{[]string{"cat"}, "best.safetensors was trained for 2 classes, and ./pets has 1"},
		{[]string{"cat", "eel"}, "best.safetensors was trained with \"e\u0301\" as class 1, and in ./pets that is \"eel\"; the class folders must have the same names"},
	} {
		got := ""
		if err := m.CheckData(&data.Sets{Classes: c.classes}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: got %q, want %q", c.classes, got, c.want)
		}
	}
}
