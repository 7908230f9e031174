package builder

import (
	"fmt"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
)

// A front computes what precedes a training step, for one batch size: the layers up to the
// last augmentation layer before the first weights. They have no weights, so they can run
// during the previous step.
type front struct {
	augmenter *Augmenter // nil without augmentation
	images    []float32  // the buffers without augmentation
	labels    []int
	index     []int
	mixture   mixture
}

// A frontKey is the numbers of images before and after Prepare.
type frontKey struct{ loaded, n, turn int }

// turns is the number of prepared batches: one in use and the next one.
const turns = 2

// Mixes returns the number of mixing layers. Each needs one more image than it returns, the next
// one of the global batch, unless it gets the whole batch.
func (m *Model) Mixes() int { return len(m.plan.mixers()) }

// Prepare augments a batch for a training step: images from 0 to 255. It returns the input of
// Step, valid until the second next call of Prepare. One goroutine may call it while another
// calls the other methods.
func (m *Model) Prepare(loaded batch.Loaded) (batch.Prepared, error) {
	n := len(loaded.Labels)
	switch {
	case len(loaded.Images) != n*m.plan.Input.Size():
		return batch.Prepared{}, fmt.Errorf("%d pixels for %d images of %v", len(loaded.Images), n, m.plan.Input)
	case loaded.N > n || loaded.N < n && n-loaded.N != m.Mixes():
		return batch.Prepared{}, fmt.Errorf("%d images to prepare %d with %d mixing layers", n, loaded.N, m.Mixes())
	}
	if copies := m.Copies(); copies > 0 {
		return m.prepareCopies(loaded, copies)
	}
	f, err := m.front(n, loaded.N)
	if err != nil {
		return batch.Prepared{}, err
	}
	f.labels, f.index = append(f.labels[:0], loaded.Labels...), append(f.index[:0], loaded.Index...)
	at := loaded.Place
	at.Index = f.index
	p := batch.Prepared{Place: at, Images: f.images, Labels: f.labels[:loaded.N]}
	if f.augmenter == nil {
		copy(f.images, loaded.Images)
		return p, nil
	}
	images, err := f.augmenter.Run(at, loaded.Images)
	if err != nil {
		return batch.Prepared{}, err
	}
	p.Images = images[:loaded.N*f.augmenter.Out.Size()]
	if m.Mixes() > 0 {
		p.Parts = f.augmenter.mix(&f.mixture, f.labels)[:loaded.N<<m.Mixes()]
		f.mixture.main(p.Labels, p.Parts)
	}
	return p, nil
}

// prepareCopies is Prepare for images with a fixed number of augmented copies, which take turns in
// the epochs. The random numbers of an image depend on its copy and its index in the training data
// alone, so each is augmented by itself.
func (m *Model) prepareCopies(loaded batch.Loaded, copies int) (batch.Prepared, error) {
	m.turn = (m.turn + 1) % turns
	one, of := frontKey{1, 1, 0}, frontKey{0, 0, m.turn}
	if m.fronts[one] == nil {
		augmenter, err := m.plan.NewAugmenter(1, m.seed, true)
		if err != nil {
			return batch.Prepared{}, fmt.Errorf("building the graph of augmentation: %w", err)
		}
		m.fronts[one] = &front{augmenter: augmenter}
	}
	if m.fronts[of] == nil {
		m.fronts[of] = &front{}
	}
	augmenter, f, size := m.fronts[one].augmenter, m.fronts[of], m.plan.Input.Size()
	f.images = f.images[:0]
	f.labels, f.index = append(f.labels[:0], loaded.Labels...), append(f.index[:0], loaded.Index...)
	for i := range loaded.N {
		copy := (loaded.Epoch - 1) % copies
		image, err := augmenter.Run(batch.Place{Step: copy, Epoch: copy + 1, First: f.index[i]}, loaded.Images[i*size:][:size])
		if err != nil {
			return batch.Prepared{}, err
		}
		f.images = append(f.images, image...)
	}
	at := loaded.Place
	at.Index = f.index
	return batch.Prepared{Place: at, Images: f.images, Labels: f.labels}, nil
}

// front returns the next front for loaded images of which n are kept.
func (m *Model) front(loaded, n int) (*front, error) {
	m.turn = (m.turn + 1) % turns
	key := frontKey{loaded, n, m.turn}
	f := m.fronts[key]
	if f == nil {
		augmenter, err := m.plan.NewAugmenter(loaded, m.seed, true)
		if err != nil {
			return nil, fmt.Errorf("building the graph of augmentation: %w", err)
		}
		f = &front{augmenter: augmenter}
		if augmenter == nil {
			f.images = make([]float32, loaded*m.plan.Input.Size())
		}
		m.fronts[key] = f
	}
	return f, nil
}

// mixers returns the indices of the mixing layers.
func (p *Plan) mixers() (at []int) {
	for i, l := range p.Layers {
		if _, ok := layer.As[layer.Mixer](l.Layer); ok {
			at = append(at, i)
		}
	}
	return at
}
