package train

import (
	"cnntrain/internal/batch"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
)

// A Store keeps the outputs of the base of a model: of its layers that need to be computed only
// once for an image. Its methods may be called concurrently, and Get may fail for any image.
type Store interface {
	Get(k StoreKey, outputs []float32) bool
	Put(k StoreKey, outputs []float32)
}

// A StoreKey identifies an image.
type StoreKey struct {
	Val   bool // of the validation examples, else of the training examples
	Index int  // among them
	Copy  int  // of its augmented copies, from 0
}

// A baseFeed reads images as outputs of the base, as far as the store has them, and computes the
// others.
type baseFeed struct {
	model  Model
	store  Store
	size   int // outputs of one image
	pixels int // of one image
	copy   int // of each training example, in this epoch
}

// openBase begins to keep the outputs of the base of the current phase, if there is one and the
// application has a store.
func (f *fitting) openBase() {
	f.base = nil
	if f.Store != nil {
		if store, size := f.Store(), f.model.Base(); store != nil && size > 0 {
			f.base = &baseFeed{model: f.model, store: store, size: size, pixels: f.sets.Pixels()}
			f.loader = data.NewLoader(f.base.examples(f.sets.Train, false), f.base.width(), f.BatchSize)
			return
		}
	}
	f.loader = data.NewLoader(f.sets.Train, f.sets.Pixels(), f.BatchSize)
	f.loader.ReadNext(f.model.Mixes())
}

// begin begins an epoch, which has an augmented copy of each image if there are some.
func (b *baseFeed) begin(epoch int) {
	if n := b.model.Copies(); n > 0 {
		b.copy = (epoch - 1) % n
	}
}

// key is the key of an example.
func (b *baseFeed) key(val bool, i int) StoreKey {
	if val {
		return StoreKey{Val: true, Index: i}
	}
	return StoreKey{Index: i, Copy: b.copy}
}

// width is the number of values of an example: whether it is known, and its outputs or its pixels.
func (b *baseFeed) width() int { return 1 + max(b.size, b.pixels) }

// known and unknown are the first value of an example.
const known, unknown = 1, 0

// examples returns examples whose images are outputs if the store has them.
func (b *baseFeed) examples(ex dataset.Examples, val bool) dataset.Examples {
	return outputExamples{ex, b, val}
}

type outputExamples struct {
	dataset.Examples
	base *baseFeed
	val  bool
}

func (o outputExamples) Image(dst []float32, i int) error {
	b := o.base
	if dst[0] = known; b.store.Get(b.key(o.val, i), dst[1:][:b.size]) {
		return nil
	}
	dst[0] = unknown
	return o.Examples.Image(dst[1:][:b.pixels], i)
}

// outputs is a batch of outputs of which some may be missing.
type outputs struct {
	values  []float32 // [n,size]
	missing []int     // positions in the batch
	pixels  []float32 // of the missing ones
	keys    []StoreKey
	scratch []float32
}

// read fills o with a batch of examples from the loader.
func (b *baseFeed) read(o *outputs, batch *data.Batch, val bool) {
	width := b.width()
	o.values, o.missing, o.pixels, o.keys = o.values[:0], o.missing[:0], o.pixels[:0], o.keys[:0]
	for i := range batch.N {
		x := batch.X[i*width:][:width]
		o.values = append(o.values, x[1:][:b.size]...)
		if x[0] == unknown {
			o.missing = append(o.missing, i)
			o.pixels = append(o.pixels, x[1:][:b.pixels]...)
			o.keys = append(o.keys, b.key(val, batch.Index[i]))
		}
	}
}

// complete computes what is missing and stores it.
func (b *baseFeed) complete(o *outputs, val bool) error {
	n := len(o.missing)
	if n == 0 {
		return nil
	}
	if cap(o.scratch) < n*b.size {
		o.scratch = make([]float32, n*b.size)
	}
	made := o.scratch[:n*b.size]
	if err := b.model.Extract(o.pixels, n, !val, made); err != nil {
		return err
	}
	for k, i := range o.missing {
		one := made[k*b.size:][:b.size]
		copy(o.values[i*b.size:], one)
		b.store.Put(o.keys[k], one)
	}
	return nil
}

// prepare fills p with a training batch.
func (b *baseFeed) prepare(p *prepared, at batch.Place, loaded *data.Batch) error {
	o := &p.outputs
	b.read(o, loaded, false)
	at.Index = append(p.Index[:0], loaded.Index...)
	p.Prepared = batch.Prepared{Place: at, Labels: append(p.Labels[:0], loaded.Labels...), Rest: true}
	if b.model.Copies() == 0 || len(o.missing) == 0 {
		return nil
	}
	at.Index = nil
	for _, k := range o.keys {
		at.Index = append(at.Index, k.Index)
	}
	augmented, err := b.model.Prepare(batch.Loaded{Place: at, N: len(o.missing), Images: o.pixels, Labels: make([]int, len(o.missing))})
	o.pixels = append(o.pixels[:0], augmented.Images...)
	return err
}

// step completes a training batch that prepare has prepared.
func (b *baseFeed) step(p *prepared) error {
	err := b.complete(&p.outputs, false)
	p.Images = p.outputs.values
	return err
}

// validation is the evaluation of the validation examples.
func (b *baseFeed) validation(val dataset.Examples, size int) evaluation {
	var o outputs
	return evaluation{data.NewLoader(b.examples(val, true), b.width(), size), func(batch *data.Batch) (float32, []float32, error) {
		b.read(&o, batch, true)
		if err := b.complete(&o, true); err != nil {
			return 0, nil, err
		}
		return b.model.EvaluateRest(o.values, batch.Labels)
	}}
}
