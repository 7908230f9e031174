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
	Share
}

// A Share is the part of a batch that one of several loaders brings.
type Share struct {
	First int // its place in the whole batch
	Own   int // how many examples count: N, but 0 where the one there is stands in for none
	Of    int // examples of the whole batch
}

// Weight returns how much of the whole batch the share is, from 0 to 1.
func (s Share) Weight() float64 { return float64(s.Own) / float64(s.Of) }

// ShareOf returns what loader number rank of size brings of a batch of n examples, and
// how many it has to read for that: one, which does not count, where there are fewer
// examples than loaders, so that all have something to compute.
func ShareOf(n, rank, size int) (s Share, read int) {
	from, to := n*rank/size, n*(rank+1)/size
	s = Share{First: min(from, n-1), Own: to - from, Of: n}
	return s, max(1, s.Own)
}

// A Loader prepares batches while the caller computes with an earlier one.
type Loader struct {
	examples dataset.Examples
	pixels   int // values of one image
	batch    int // examples in a full batch
	rank     int // of the loaders that share each batch
	size     int

	mu   sync.Mutex
	idle []*slot // buffers no loop is using
}

// ahead is the number of batches in memory: one in use, the others ready or being prepared.
const ahead = 3

// NewLoader returns a Loader of batches of batch examples, each image of pixels values.
func NewLoader(ex dataset.Examples, pixels, batch int) *Loader {
	return &Loader{examples: ex, pixels: pixels, batch: batch, size: 1}
}

// Share makes l bring its share of each batch alone: it is number rank of size loaders.
// It must be called before Batches.
func (l *Loader) Share(rank, size int) { l.rank, l.size = rank, size }

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
