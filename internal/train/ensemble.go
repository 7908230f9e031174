package train

import (
	"errors"
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
		_, separate := m.Outputs()
		if _, first := members[0].Outputs(); separate != first {
			return nil, errors.New("an ensemble of models that tell one class of several, and of models that decide about each class")
		}
		if m.Classes() != members[0].Classes() {
			return nil, fmt.Errorf("an ensemble of models with %d and %d outputs", members[0].Classes(), m.Classes())
		}
	}
	return &Ensemble{members: members, vote: vote}, nil
}

// Classes is the number of classes.
func (e *Ensemble) Classes() int { return e.members[0].Classes() }

// Outputs are those of the members.
func (e *Ensemble) Outputs() (n int, separate bool) { return e.members[0].Outputs() }

// Truth returns which classes are true of an image with the given label.
func (e *Ensemble) Truth(label int) []bool { return e.members[0].Truth(label) }

// trace is the weight of the mean probability relative to a vote.
const trace = 1e-3

// voted reports whether a member votes for class c: if it is the first of the most
// probable ones, or more probable than not where several can be true.
func voted(probabilities []float32, c int, several bool) bool {
	if several {
		return probabilities[c] > half
	}
	return metric.ArgMax(probabilities) == c
}

// Evaluate runs every member on the batch. The loss is that of the combined probabilities.
func (e *Ensemble) Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	classes, n, many := e.Classes(), float32(len(e.members)), Several(e)
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
				for c := range one {
					if voted(one, c, many) {
						sum[c] += 1 / (1 + trace) / n
					}
				}
			}
			for c, v := range one {
				sum[c] += float32(v * weight)
			}
		}
	}
	return meanLoss(e, e.probabilities, labels), e.probabilities, nil
}

// meanLoss returns the mean of -log p, where p is the probability of what is true, clipped to at
// least 1e-7 as in Keras: of the true class, or, where several can be true, of each decision.
func meanLoss(m Predictor, probabilities []float32, labels []int) float32 {
	classes, many := m.Classes(), Several(m)
	var total float64
	for i, l := range labels {
		if l < 0 {
			continue
		}
		truth, of := m.Truth(l), 0.0
		for c, p := range probabilities[i*classes:][:classes] {
			if truth[c] {
				of -= math.Log(max(float64(p), 1e-7))
			} else if many {
				of -= math.Log(max(1-float64(p), 1e-7))
			}
		}
		if many {
			of /= float64(classes)
		}
		total += of
	}
	return float32(total / float64(len(labels)))
}
