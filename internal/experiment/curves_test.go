package experiment

import (
	"strings"
	"testing"

	"cnntrain/internal/runs"
)

// Beside a run with validation, training is dashed for each run, as the title says: the solid curve of a run without
// validation would be taken for its validation.
func TestTrainingIsDashedBesideValidation(t *testing.T) {
	with := &runs.Run{Dir: "runs/a/1", Info: runs.Info{Epochs: []runs.Figures{{{Name: "loss", Value: 1}, {Name: "val_loss", Value: 2}}}}}
	without := &runs.Run{Dir: "runs/b/1", Info: runs.Info{Epochs: []runs.Figures{{{Name: "loss", Value: 3}}}}}
	for _, all := range [][]*runs.Run{{with, without}, {without, with}} {
		chart := Curves(all)[0]
		for _, s := range chart.Series {
			if training := s.Y[0] != 2; s.Thin != training {
				t.Errorf("%s, curve of %v: dashed is %v", s.Name, s.Y, s.Thin)
			}
		}
		if !strings.HasSuffix(chart.Title, " (dashed: training)") {
			t.Errorf("title %q", chart.Title)
		}
	}
	chart := Curves([]*runs.Run{without, without})[0]
	if chart.Series[0].Thin || chart.Title != "loss" {
		t.Errorf("without validation: %+v", chart)
	}
}
