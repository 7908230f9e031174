package builder

import "fmt"

// A front does what comes before a training step, for one batch size: the layers up
// to the last one of augmentation before the first weights. Nothing there is learnt,
// so it can run while the step before is still being computed.
type front struct {
	augmenter *Augmenter // nil where there is no augmentation
	images    []float32  // then
}

type frontKey struct{ batch, turn int }

// turns is how many prepared batches there can be: one in use, and the next.
const turns = 2

// Prepare does to n images, [n,H,W,C] from 0 to 255, what comes before a training
// step: augmentation. It returns what Step takes, which is good until the next but
// one Prepare. The images are those from first on of the whole batch. One goroutine may
// call it while another calls the other methods.
func (m *Model) Prepare(step, first int, images []float32, n int) ([]float32, error) {
	if len(images) != n*m.plan.Input.Size() {
		return nil, fmt.Errorf("%d pixels for %d images of %v", len(images), n, m.plan.Input)
	}
	m.turn = (m.turn + 1) % turns
	key := frontKey{n, m.turn}
	f := m.fronts[key]
	if f == nil {
		augmenter, err := m.plan.NewAugmenter(n, m.seed, true)
		if err != nil {
			return nil, fmt.Errorf("building the graph of augmentation: %w", err)
		}
		f = &front{augmenter, nil}
		if augmenter == nil {
			f.images = make([]float32, len(images))
		}
		m.fronts[key] = f
	}
	if f.augmenter != nil {
		return f.augmenter.Run(step, first, images)
	}
	copy(f.images, images)
	return f.images, nil
}
