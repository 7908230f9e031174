package train

import (
	"context"
	"iter"
	"sync"

	"cnntrain/internal/batch"
	"cnntrain/internal/data"
)

// A prepared is a batch that is ready for a training step.
type prepared struct {
	images batch.Prepared
	labels []int
	share  data.Share
	err    error
}

// batches yields the batches of an epoch in the given order, starting at step from, each
// prepared during the previous step. first is the index of the epoch's first step over the
// whole training. The loop ends after the first error; no goroutine is left running when it
// returns.
func (f *fitting) batches(ctx context.Context, order []int, first, from int) iter.Seq2[*prepared, error] {
	return func(yield func(*prepared, error) bool) {
		inner, cancel := context.WithCancel(ctx)
		ready := make(chan *prepared)
		used := make(chan *prepared, 2)
		used <- &prepared{}
		used <- &prepared{}
		var running sync.WaitGroup
		running.Go(func() {
			defer close(ready)
			step := first + from
			for batch, err := range f.loader.Batches(inner, order, from) {
				p := f.prepare(step, batch, err, <-used)
				select {
				case ready <- p:
				case <-inner.Done():
					return
				}
				step++
			}
		})
		defer running.Wait()
		defer cancel()
		for p := range ready {
			if !yield(p, p.err) || p.err != nil {
				return
			}
			used <- p
		}
		if err := ctx.Err(); err != nil { // which the goroutine could not send
			yield(nil, err)
		}
	}
}

// prepare fills p with a batch of the loader, or with its error.
func (f *fitting) prepare(step int, batch *data.Batch, err error, p *prepared) *prepared {
	if p.err = err; err == nil {
		p.labels, p.share = append(p.labels[:0], batch.Labels...), batch.Share
		p.images, p.err = f.model.Prepare(step, batch.First, batch.X, batch.N)
	}
	return p
}
