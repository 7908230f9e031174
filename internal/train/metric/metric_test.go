package metric

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

func TestShares(t *testing.T) {
	p := []float32{0.1, 0.4, 0.2, 0.3}
	for _, c := range []struct {
		name   string
		metric Metric
		label  int
		want   float64
	}{
		{"most probable class is right", accuracy{}, 1, 1},
		{"another class is wrong", accuracy{}, 3, 0},
		{"second of two is within top 2", &topK{k: 2}, 3, 1},
		{"third is outside top 2", &topK{k: 2}, 2, 0},
		{"k beyond the number of classes always hits", &topK{k: 9}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			sums := make([]float64, 1)
			c.metric.Add(sums, Example{Probabilities: p, True: only(c.label, len(p))})
			if got := c.metric.Value(sums, 1); got != c.want {
				t.Errorf("got %g, want %g", got, c.want)
			}
		})
	}
}

// only returns that one class of n is true.
func only(label, n int) []bool {
	truth := make([]bool, n)
	truth[label] = true
	return truth
}

// decode decodes a metric as in a spec.
func decode(t *testing.T, text string) Metric {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: {metrics: [{"+text+"}]}\n"), nil, &problems)
	if problems.Len() > 0 {
		s = spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: {metrics: ["+text+"]}\n"), nil, new(spec.Problems))
	}
	problems = spec.Problems{}
	var all []Metric
	catalog.DecodeSection(s.Train, &problems, func(o *catalog.Options) {
		catalog.Things(o, Metrics, &all, "metrics", nil, "")
	})
	if err := problems.Err(); err != nil || len(all) != 1 {
		t.Fatalf("%s: %v, %v", text, all, err)
	}
	return all[0]
}

// testdata/keras.json was written by bench/parity/metrics.py.
func TestMetricsHaveTheNumbersOfKeras(t *testing.T) {
	text, err := os.ReadFile("testdata/keras.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name          string
		Labels        []int
		Truth         [][]bool // in place of labels: the examples are of separate decisions
		Probabilities [][]float32
		Values        map[string]float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range cases {
		for name, want := range c.Values {
			m := decode(t, name)
			known[m.Name()] = true
			sums := make([]float64, m.Sums(len(c.Probabilities[0])))
			for i, p := range c.Probabilities {
				if e := (Example{Probabilities: p, Separate: c.Truth != nil}); e.Separate {
					e.True = c.Truth[i]
					m.Add(sums, e)
				} else {
					e.True = only(c.Labels[i], len(p))
					m.Add(sums, e)
				}
			}
			if got := m.Value(sums, len(c.Probabilities)); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: %s is %.7f, and Keras's %.7f", c.Name, name, got, want)
			}
		}
	}
	for _, name := range Metrics.Names() {
		if !known[name] {
			t.Errorf("%s is not compared with Keras", name)
		}
	}
}

func TestArgMaxTakesTheFirstOfEqualValues(t *testing.T) {
	if got := ArgMax([]float32{1, 3, 3, 2}); got != 1 {
		t.Errorf("got %d", got)
	}
}

// Metrics are added up before a step with NaN is found: auc panicked in place of the error that names
// the layer. A mean of several models may be above 1 by a rounding.
func TestNoProbabilityIsTooMuchForAMetric(t *testing.T) {
	nan, above := float32(math.NaN()), math.Nextafter32(1, 2)
	for _, name := range Metrics.Names() {
		m := decode(t, name)
		for _, separate := range []bool{false, true} {
			m.Add(make([]float64, m.Sums(2)), Example{Probabilities: []float32{nan, nan}, True: only(1, 2), Separate: separate})
		}
	}
	m := decode(t, "auc: 7")
	sums := make([]float64, m.Sums(1))
	m.Add(sums, Example{Probabilities: []float32{above}, True: []bool{true}})
	m.Add(sums, Example{Probabilities: []float32{0.99}, True: []bool{false}})
	if got := m.Value(sums, 2); got != 0.5 { // both lie between the last two thresholds
		t.Errorf("area %g, want 0.5", got)
	}
}
