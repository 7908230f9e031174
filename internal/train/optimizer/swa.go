package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// swa keeps the mean of the weights at the ends of epochs (Izmailov et al., Averaging Weights
// Leads to Wider Optima and Better Generalization, 2018), as AveragedModel of PyTorch does.
type swa struct {
	given    bool
	start    int // the first epoch that counts
	averages weightSlot
}

func (s *swa) options(o *catalog.Options) {
	catalog.Group(o, &s.given, "swa", "stochastic weight averaging: evaluate and save models with the mean of the weights at the end of epoch start_epoch and of each later one, and batch normalization with its statistics for them, which takes another pass over the training images per epoch; usually with a rate that no longer falls", func(o *catalog.Options) {
		o.Bind(&s.start, "start_epoch", "first epoch that counts; before it the mean is the weights of the last epoch").Required().Min(1)
	})
}

func (b *base) Averages(epoch int) bool { return b.swa.given && epoch > b.swa.start }

func (b *base) EndEpoch(weights []G.ValueGrad, epoch int) error {
	s := &b.swa
	if !s.given {
		return nil
	}
	before := max(0, epoch-s.start) // epochs in the mean
	tensors, err := dense(weights)
	for i, t := range tensors {
		w := t.Float32s()
		mean, share := s.averages.of(i, w), 1/float64(before+1)
		kernels.Combine(mean, mean, w, float32(1-share), float32(share))
	}
	return err
}
