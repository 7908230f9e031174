package layer

// moments holds the mean of each channel and the sum of squared deviations from it.
type moments struct {
	mean, squares []float64
	count         float64
}

func newMoments(channels int) *moments {
	return &moments{make([]float64, channels), make([]float64, channels), 0}
}

// Add adds rows of one value per channel. It computes their moments first and merges them: sums
// of squares would lose the variance of values far from 0 (Chan et al. 1979).
func (s *moments) Add(rows []float32, _ int) (more bool) {
	channels := len(s.mean)
	n := float64(len(rows) / channels)
	for c := range channels {
		mean, squares := 0.0, 0.0
		for i := c; i < len(rows); i += channels {
			mean += float64(rows[i])
		}
		mean /= n
		for i := c; i < len(rows); i += channels {
			d := float64(rows[i]) - mean
			squares += float64(d * d)
		}
		d := mean - s.mean[c]
		all := s.count + n
		s.squares[c] += squares + float64(float64(d*d)*float64(s.count*n)/all)
		s.mean[c] += float64(d * n / all)
	}
	s.count += n
	return true
}

// Write sets the mean and the variance.
func (s *moments) Write(weights [][]float32) {
	for c := range s.mean {
		weights[0][c] = float32(s.mean[c])
		weights[1][c] = float32(s.squares[c] / s.count)
	}
}
