package data

import (
	"context"
	"iter"
	"sync"

	"cnntrain/internal/data/dataset"
)

// A Batch is some examples, ready to be computed with. It belongs to the Loader
// again once the loop asks for the next one.
type Batch struct {
	X      []float32 // [N,H,W,C], from 0 to 255
	Labels []int     // [N]
	Index  []int     // [N], positions in the Examples
	N      int
}

// A Loader prepares batches while the caller computes with an earlier one.
type Loader struct {
	examples dataset.Examples
	pixels   int // values of one image
	batch    int // examples in a full batch

	mu   sync.Mutex
	idle []*slot // buffers no loop is using
}

// ahead is the number of batches in memory: one in use, the others ready or being prepared.
const ahead = 3

// NewLoader returns a Loader of batches of batch examples, each image of pixels values.
func NewLoader(ex dataset.Examples, pixels, batch int) *Loader {
	return &Loader{examples: ex, pixels: pixels, batch: batch}
}

// Batches yields the examples in the given order, or in their own where it is
// nil, from step from on, counted from 0. The last batch has what is left. The
// loop ends after the first error: that of an image, the first in the order, or
// that of ctx once it is done. When it has ended, nothing runs on.
func (l *Loader) Batches(ctx context.Context, order []int, from int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		f := l.start(order, from)
		defer f.stop()
		for range f.steps - min(from, f.steps) { // none where from is past the end
			s, err := f.next(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&s.Batch, nil) {
				return
			}
			f.free <- s
		}
	}
}
