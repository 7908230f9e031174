package builder

import (
	"fmt"

	"cnntrain/internal/batch"
)

// A front computes what precedes a training step, for one batch size: the layers up to the
// last augmentation layer before the first weights. They have no weights, so they can run
// during the previous step.
type front struct {
	augmenter *Augmenter // nil without augmentation
	images    []float32  // the buffers without augmentation
}

type frontKey struct{ batch, turn int }

// turns is the number of prepared batches: one in use and the next one.
const turns = 2

// Prepare augments n images, [n,H,W,C] from 0 to 255, for a training step. It returns the
// input of Step, valid until the second next call of Prepare. The positions of the images
// in the global batch start at first. One goroutine may call it while another calls the
// other methods.
func (m *Model) Prepare(step, first int, images []float32, n int) (batch.Prepared, error) {
	if len(images) != n*m.plan.Input.Size() {
		return batch.Prepared{}, fmt.Errorf("%d pixels for %d images of %v", len(images), n, m.plan.Input)
	}
	m.turn = (m.turn + 1) % turns
	key := frontKey{n, m.turn}
	f := m.fronts[key]
	if f == nil {
		augmenter, err := m.plan.NewAugmenter(n, m.seed, true)
		if err != nil {
			return batch.Prepared{}, fmt.Errorf("building the graph of augmentation: %w", err)
		}
		f = &front{augmenter, nil}
		if augmenter == nil {
			f.images = make([]float32, len(images))
		}
		m.fronts[key] = f
	}
	if f.augmenter != nil {
		images, err := f.augmenter.Run(step, first, images)
		return batch.Prepared{Images: images}, err
	}
	copy(f.images, images)
	return batch.Prepared{Images: f.images}, nil
}
