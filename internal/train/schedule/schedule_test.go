package schedule

import (
	"math"
	"testing"

	"cnntrain/internal/spec"
)

func decode(t *testing.T, text string) Schedule {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), nil, &problems)
	c, _ := Schedules.Decode(s.Layers[0], &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return c
}

// Expected values are from keras.optimizers.schedules with ten steps per epoch.
func TestSchedulesHaveTheFiguresOfKeras(t *testing.T) {
	for _, c := range []struct {
		schedule string
		epochs   int
		steps    []float64
		want     []float64
	}{
		{"constant", 10, []float64{0, 7, 100}, []float64{1, 1, 1}},
		{"step_decay: {epochs: 2, factor: 0.5}", 10, []float64{0, 19, 20, 39, 40, 95}, []float64{1, 1, 0.5, 0.5, 0.25, 0.0625}},
		{"exponential_decay: {decay_rate: 0.9, decay_epochs: 2}", 10, []float64{0, 5, 20, 33}, []float64{1, 0.9740037, 0.9, 0.8404272}},
		{"exponential_decay: {decay_rate: 0.9, decay_epochs: 2, staircase: true}", 10, []float64{0, 5, 20, 33, 59}, []float64{1, 1, 0.9, 0.9, 0.81}},
		{"cosine_decay", 10, []float64{0, 5, 33, 50, 99, 100}, []float64{1, 0.9938442, 0.7545207, 0.5, 0.0002467334, 0}},
		{"cosine_decay: {decay_epochs: 10}", 30, []float64{0, 33, 100, 200}, []float64{1, 0.7545207, 0, 0}},
		{"cosine_decay: {alpha: 0.1, warmup_epochs: 2}", 10, []float64{0, 5, 20, 33, 60, 100, 120}, []float64{0, 0.25, 1, 0.9426232, 0.55, 0.1, 0.1}},
		{"cosine_decay: {warmup_epochs: 5}", 3, []float64{0, 25}, []float64{0, 0.5}},
	} {
		s := decode(t, c.schedule)
		for i, step := range c.steps {
			if got := s.Factor(step/10, c.epochs); math.Abs(got-c.want[i]) > 1e-6 {
				t.Errorf("%s of %d epochs, step %g: %g, want %g", c.schedule, c.epochs, step, got, c.want[i])
			}
		}
	}
}
