package train

import (
	"fmt"
	"math"

	"cnntrain/internal/train/metric"
)

// An Ensemble combines the predictions of several models.
type Ensemble struct {
	members       []Predictor
	vote          bool
	probabilities []float32 // probabilities of the last batch
}

// NewEnsemble returns an ensemble of models with the same classes. Its probability of a
// class is the mean over the members, or, with vote, the fraction of members that rank the
// class first; the mean probability breaks ties between votes.
func NewEnsemble(members []Predictor, vote bool) (*Ensemble, error) {
	for _, m := range members {
		if m.Classes() != members[0].Classes() {
			return nil, fmt.Errorf("an ensemble of models with %d and %d outputs", members[0].Classes(), m.Classes())
		}
	}
	return &Ensemble{members: members, vote: vote}, nil
}

// Classes is the number of outputs.
func (e *Ensemble) Classes() int { return e.members[0].Classes() }

// trace is the weight of the mean probability relative to a vote.
const trace = 1e-3

// Evaluate runs every member on the batch. The loss is the mean of -log p, where p is the
// ensemble's probability of the true class, clipped to at least 1e-7 as in Keras.
func (e *Ensemble) Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	classes, n := e.Classes(), float32(len(e.members))
	e.probabilities = append(e.probabilities[:0], make([]float32, len(labels)*classes)...)
	for _, m := range e.members {
		_, p, err := m.Evaluate(images, labels)
		if err != nil {
			return 0, nil, err
		}
		for i := range labels {
			sum, one := e.probabilities[i*classes:][:classes], p[i*classes:][:classes]
			weight := 1 / n
			if e.vote {
				weight = trace / (1 + trace) / n
				sum[metric.ArgMax(one)] += 1 / (1 + trace) / n
			}
			for c, v := range one {
				sum[c] += v * weight
			}
		}
	}
	var total float64
	for i, l := range labels {
		if l >= 0 {
			total -= math.Log(max(float64(e.probabilities[i*classes+l]), 1e-7))
		}
	}
	return float32(total / float64(len(labels))), e.probabilities, nil
}
