package train

import (
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
)

// sums adds up the loss and the metrics over examples.
type sums struct {
	metrics []metric.Metric
	model   Predictor
	figures []float64 // the sum of the loss, then those of the metrics
	n       int       // number of examples
}

// newSums returns sums for the predictions of m.
func newSums(metrics []metric.Metric, m Predictor) *sums {
	n := 1
	outputs, _ := m.Outputs()
	for _, m := range metrics {
		n += m.Sums(outputs)
	}
	return &sums{metrics: metrics, model: m, figures: make([]float64, n)}
}

// of yields each metric with its sums.
func (s *sums) of(yield func(metric.Metric, []float64) bool) {
	at := s.figures[1:]
	outputs, _ := s.model.Outputs()
	for _, m := range s.metrics {
		n := m.Sums(outputs)
		if !yield(m, at[:n]) {
			return
		}
		at = at[n:]
	}
}

// add adds the loss and the metrics of the examples of labels, a share of a batch with a
// given size.
func (s *sums) add(loss float32, probabilities []float32, labels []int, batch int) {
	s.figures[0] += float64(float64(loss) * float64(len(labels)))
	classes := s.model.Classes()
	outputs, separate := s.model.Outputs()
	for m, scores := range s.of {
		for j, l := range labels {
			m.Add(scores, metric.Example{
				// A single output is the probability of the second class.
				Probabilities: probabilities[j*classes:][classes-outputs : classes],
				True:          s.model.Truth(l)[classes-outputs:],
				Separate:      separate,
			})
		}
	}
	s.n += batch
}

// reset clears s.
func (s *sums) reset() {
	clear(s.figures)
	s.n = 0
}

// merge adds those of other, which has the same metrics.
func (s *sums) merge(other *sums) {
	s.n += other.n
	for i, v := range other.figures {
		s.figures[i] += v
	}
}

// loss returns the mean loss so far.
func (s *sums) loss() float64 { return s.figures[0] / float64(s.n) }

// values returns the metrics so far.
func (s *sums) values() []float64 {
	values := make([]float64, 0, len(s.metrics))
	for m, scores := range s.of {
		values = append(values, m.Value(scores, s.n))
	}
	return values
}

// logs appends the loss and the metrics so far to to.
func (s *sums) logs(to callback.Logs) callback.Logs {
	to = append(to, callback.Log{Name: "loss", Value: s.loss()})
	for m, scores := range s.of {
		to = append(to, callback.Log{Name: m.Name(), Value: m.Value(scores, s.n)})
	}
	return to
}
