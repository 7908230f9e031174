package metric

import "testing"

func TestScores(t *testing.T) {
	p := []float32{0.1, 0.4, 0.2, 0.3}
	for _, c := range []struct {
		name   string
		metric Metric
		label  int
		want   float64
	}{
		{"most probable class is right", accuracy{}, 1, 1},
		{"another class is wrong", accuracy{}, 3, 0},
		{"second of two is within top 2", &topK{2}, 3, 1},
		{"third is outside top 2", &topK{2}, 2, 0},
		{"k beyond the number of classes always hits", &topK{9}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.metric.Score(p, c.label); got != c.want {
				t.Errorf("got %g, want %g", got, c.want)
			}
		})
	}
}

func TestArgMaxTakesTheFirstOfEqualValues(t *testing.T) {
	if got := ArgMax([]float32{1, 3, 3, 2}); got != 1 {
		t.Errorf("got %d", got)
	}
}
