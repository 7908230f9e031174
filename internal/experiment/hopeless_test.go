package experiment_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
)

// chances returns the lines about chance of l.
func chances(l *listener) (lines []string) {
	for _, line := range l.lines {
		if strings.HasPrefix(line, "still at chance") {
			lines = append(lines, line)
		}
	}
	return lines
}

func loadText(t *testing.T, text string) *experiment.Experiment {
	t.Helper()
	var problems spec.Problems
	e, err := experiment.New(spec.Parse("x.yaml", []byte(text), nil, &problems), &problems)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A training of 48 steps an epoch is at chance from epoch 7 on, after 300 steps; it is said once,
// also if the run is resumed later.
func TestChanceIsSaidOnce(t *testing.T) {
	stuck := strings.Replace("name: stuck\n"+shapes, "epochs: 3, batch_size: 8", "epochs: 9, batch_size: 1, optimizer: {sgd: 1e-9}", 1)
	ctx, stop := context.WithCancel(t.Context())
	l := &listener{step: func(s *callback.State) {
		if s.Epoch == 8 && s.Step == 3 {
			stop()
		}
	}}
	run, err := loadText(t, stuck).Fit(ctx, experiment.Options{Out: filepath.Join(t.TempDir(), "run"), Listener: l})
	if !experiment.Canceled(err) {
		t.Fatal(err)
	}
	want := []string{"still at chance after epoch 7; a lower rate (--set train.optimizer.learning_rate=1e-10), or batch normalization, is what usually helps"}
	if got := chances(l); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	l = &listener{}
	if _, err := experiment.Resume(t.Context(), run.Dir, experiment.Options{Listener: l}); err != nil {
		t.Fatal(err)
	}
	if got := chances(l); len(got) > 0 {
		t.Errorf("said again: %q", got)
	}
}

func TestChanceIsNotSaidOfAModelThatLearns(t *testing.T) {
	learns := strings.Replace("name: learns\n"+shapes, "epochs: 3, batch_size: 8", "epochs: 9, batch_size: 1", 1)
	l := &listener{}
	if _, err := loadText(t, learns).Fit(t.Context(), experiment.Options{Out: filepath.Join(t.TempDir(), "run"), Listener: l}); err != nil {
		t.Fatal(err)
	}
	if got := chances(l); len(got) > 0 {
		t.Errorf("said %q", got)
	}
}

// A rate that is much too large is told after the first epoch, however few its steps are; a loss that a penalty
// makes large is no sign of it.
func TestDivergenceIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		rate, units string
		want        int
	}{{"1e5", "units: 10", 1}, {"1e-9", "units: 10, kernel_regularizer: {l2: 1000}", 0}} {
		diverges := strings.NewReplacer("batch_size: 8", "batch_size: 8, optimizer: {sgd: "+c.rate+"}", "units: 10", c.units).Replace("name: diverges\n" + shapes)
		l := &listener{}
		if _, err := loadText(t, diverges).Fit(t.Context(), experiment.Options{Out: filepath.Join(t.TempDir(), "run"), Listener: l}); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, line := range l.lines {
			if strings.Contains(line, "usually helps") {
				said = append(said, line)
			}
		}
		if c.want > 0 && strings.Contains(said[0], "rescaling") {
			t.Errorf("rescaling is said to help a model that has it: %q", said)
		}
		if len(said) != c.want || c.want > 0 && !strings.HasPrefix(said[0], "the loss of epoch ") {
			t.Errorf("%s: said %q", c.units, l.lines)
		}
	}
}

// Pixels from 0 to 255 are the most frequent cause.
func TestMissingRescalingIsSaid(t *testing.T) {
	text := strings.NewReplacer("  - rescaling: 1/255\n  - normalization\n", "", "batch_size: 8", "batch_size: 8, optimizer: {sgd: 1}").Replace("name: pixels\n" + shapes)
	l := &listener{}
	if _, err := loadText(t, text).Fit(t.Context(), experiment.Options{Out: filepath.Join(t.TempDir(), "run"), Listener: l}); err != nil {
		t.Fatal(err)
	}
	said := strings.Join(l.lines, "\n")
	if !strings.Contains(said, "that of guessing; rescaling: 1/255 in front of the layers, since pixels are from 0 to 255, or a lower rate") || strings.Contains(said, "it has been trained for") {
		t.Errorf("said %q", l.lines)
	}
}
