package data

import (
	"context"
	"iter"
	"sync"

	"cnntrain/internal/data/dataset"
)

// A Batch is a number of examples. Its buffers belong to the Loader again when the loop
// asks for the next batch.
type Batch struct {
	X      []float32 // [N,H,W,C], from 0 to 255
	Labels []int     // [N]
	Index  []int     // [N], positions in the Examples
	N      int
	Share
	// Next is the number of trailing examples, of the N, that follow the share in the whole
	// batch, around its end.
	Next int
}

// A Share is the section of a batch that one of several loaders reads.
type Share struct {
	First int // its first position in the whole batch
	Own   int // number of examples that count: N, or 0 if the one example is a placeholder
	Of    int // size of the whole batch
}

// Weight returns the share's fraction of the whole batch, from 0 to 1.
func (s Share) Weight() float64 { return float64(s.Own) / float64(s.Of) }

// ShareOf returns the share of loader number rank of size of a batch of n examples, and how
// many examples it has to read: at least one, which has weight zero if there are fewer
// examples than loaders, so that every loader has something to compute.
func ShareOf(n, rank, size int) (s Share, read int) {
	from, to := n*rank/size, n*(rank+1)/size
	s = Share{First: min(from, n-1), Own: to - from, Of: n}
	return s, max(1, s.Own)
}

// A Loader prefetches batches while the caller computes with an earlier one.
type Loader struct {
	examples dataset.Examples
	pixels   int // values of one image
	batch    int // examples in a full batch
	rank     int // number of loaders that share each batch
	size     int
	next     int // examples to read after the share

	mu   sync.Mutex
	idle []*slot // slots that no loop is using
}

// ahead is the number of batches in memory: one in use, the others complete or being read.
const ahead = 3

// NewLoader returns a Loader of batches of batch examples, each image of pixels values.
func NewLoader(ex dataset.Examples, pixels, batch int) *Loader {
	return &Loader{examples: ex, pixels: pixels, batch: batch, size: 1}
}

// Share restricts l to its share of each batch, as number rank of size loaders. It must be
// called before Batches.
func (l *Loader) Share(rank, size int) { l.rank, l.size = rank, size }

// ReadNext makes l read n more examples of each batch than its share, those that follow it,
// unless the share is the whole batch. It must be called before Batches.
func (l *Loader) ReadNext(n int) { l.next = n }

// Batches yields the examples in the given order, or in their own if order is nil, starting
// at step from (counted from 0). The last batch may be smaller. The loop ends after the
// first error: that of an image, the first in the order, or ctx's error once ctx is done.
// When it returns, no goroutine is left running, unless ctx is done and an image is still being
// read.
func (l *Loader) Batches(ctx context.Context, order []int, from int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		f := l.start(order, from)
		defer f.stop(ctx)
		for range f.steps - min(from, f.steps) { // none if from is past the end
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
