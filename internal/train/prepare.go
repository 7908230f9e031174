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
	batch.Prepared
	outputs outputs // of the base, before Prepared has them
	share   data.Share
	err     error
}

// batches yields the batches of an epoch in the given order, starting at step from, each
// prepared during the previous step. epoch is counted from 1. The loop ends after the first error; no goroutine is left running when it
// returns.
func (f *fitting) batches(ctx context.Context, order []int, epoch, from int) iter.Seq2[*prepared, error] {
	return func(yield func(*prepared, error) bool) {
		inner, cancel := context.WithCancel(ctx)
		ready := make(chan *prepared)
		used := make(chan *prepared, 2)
		used <- &prepared{}
		used <- &prepared{}
		var running sync.WaitGroup
		running.Go(func() {
			defer close(ready)
			at := batch.Place{Step: (epoch-1)*f.state.Steps + from, Epoch: epoch}
			for b, err := range f.loader.Batches(inner, order, from) {
				p := f.prepare(at, b, err, <-used)
				select {
				case ready <- p:
				case <-inner.Done():
					return
				}
				at.Step++
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

// prepare fills p with a batch of the loader, for the step of at, or with its error.
func (f *fitting) prepare(at batch.Place, b *data.Batch, err error, p *prepared) *prepared {
	if p.err = err; err == nil {
		p.share = b.Share
		at.First, at.Of, at.Index = b.First, b.Of, b.Index
		if f.base != nil {
			p.err = f.base.prepare(p, at, b)
			return p
		}
		p.Prepared, p.err = f.model.Prepare(batch.Loaded{Place: at, N: b.N - b.Next, Images: b.X, Labels: b.Labels})
	}
	return p
}
