package train

import (
	"cnntrain/internal/comm"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
)

// sums adds up loss and metrics over the examples of an epoch.
type sums struct {
	metrics []metric.Metric
	classes int
	loss    float64
	scores  []float64 // the sums of the metrics, one after the other
	n       int
}

func newSums(metrics []metric.Metric, classes int) *sums {
	n := 0
	for _, m := range metrics {
		n += m.Sums(classes)
	}
	return &sums{metrics: metrics, classes: classes, scores: make([]float64, n)}
}

// of yields each metric with its sums.
func (s *sums) of(yield func(metric.Metric, []float64) bool) {
	at := s.scores
	for _, m := range s.metrics {
		n := m.Sums(s.classes)
		if !yield(m, at[:n]) {
			return
		}
		at = at[n:]
	}
}

func (s *sums) add(loss float32, probabilities []float32, labels []int) {
	s.loss += float64(loss) * float64(len(labels))
	for m, scores := range s.of {
		for j, l := range labels {
			m.Add(scores, probabilities[j*s.classes:][:s.classes], l)
		}
	}
	s.n += len(labels)
}

// measure makes s the figures of one step, over all ranks, and fills in what these wish. It
// reports whether the loss of any is not finite.
func (s *sums) measure(w comm.World, loss float32, probabilities []float32, labels []int, wish *wishes) (broken bool) {
	clear(s.scores)
	s.loss, s.n = 0, 0
	s.add(loss, probabilities, labels)
	bad := !finite(float64(loss))
	if w.Size() == 1 {
		return bad
	}
	if bad {
		s.loss = 0
	}
	all := append([]float64{number(bad), number(wish.save && w.Rank() == 0), number(wish.stop), s.loss, float64(s.n)}, s.scores...)
	comm.Sum(w, all)
	wish.save, wish.stop = all[1] > 0, all[2] > 0
	s.loss, s.n = all[3], int(all[4])
	copy(s.scores, all[5:])
	return all[0] > 0
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unite makes s the sums over all ranks.
func (s *sums) unite(w comm.World) {
	all := append([]float64{s.loss, float64(s.n)}, s.scores...)
	comm.Sum(w, all)
	s.loss, s.n = all[0], int(all[1])
	copy(s.scores, all[2:])
}

// merge adds those of other, of as many metrics.
func (s *sums) merge(other *sums) {
	s.loss += other.loss
	s.n += other.n
	for i, v := range other.scores {
		s.scores[i] += v
	}
}

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
	to = append(to, callback.Log{Name: "loss", Value: s.loss / float64(s.n)})
	for m, scores := range s.of {
		to = append(to, callback.Log{Name: m.Name(), Value: m.Value(scores, s.n)})
	}
	return to
}
