package data

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// A slot is a batch being prepared.
type slot struct {
	Batch
	buffer  []float32 // for a full batch; X is the part in use
	missing atomic.Int64
	done    chan struct{} // told once no image is missing

	mu    sync.Mutex
	err   error // of the image at errAt in the batch, the first that failed
	errAt int
}

func (l *Loader) newSlot() *slot {
	return &slot{buffer: make([]float32, l.batch*l.pixels), done: make(chan struct{}, 1)}
}

// reset makes the slot ready for n images.
func (s *slot) reset(n, pixels int) {
	s.X, s.N = s.buffer[:n*pixels], n
	s.Labels, s.Index = s.Labels[:0], s.Index[:0]
	s.missing.Store(int64(n))
	s.err = nil
	select {
	case <-s.done: // a loop that was left early did not wait for it
	default:
	}
}

// arrived notes that the image at a place of the batch has been read. Which error
// is kept does not depend on timing.
func (s *slot) arrived(at int, err error) {
	if err != nil {
		s.mu.Lock()
		if s.err == nil || at < s.errAt {
			s.err, s.errAt = err, at
		}
		s.mu.Unlock()
	}
	if s.missing.Add(-1) == 0 {
		s.done <- struct{}{}
	}
}

// A feed is one loop over batches: a goroutine that hands out images, workers
// that read them, and the slots that go round between these and the loop.
type feed struct {
	*Loader
	order  []int // nil: in sequence
	n      int   // examples
	steps  int
	slots  []*slot
	free   chan *slot // to be filled
	filled chan *slot // in the order of the steps; some images may still be missing
	images chan image // to be read
	quit   chan struct{}
	wg     sync.WaitGroup
}

// An image is the one at a place of a batch.
type image struct {
	slot *slot
	at   int
}

// start takes the idle slots, or makes new ones, and starts the goroutines.
func (l *Loader) start(order []int, from int) *feed {
	f := &feed{
		Loader: l,
		order:  order,
		n:      len(order),
		slots:  l.takeSlots(),
		free:   make(chan *slot, ahead),
		filled: make(chan *slot, ahead),
		images: make(chan image, l.batch),
		quit:   make(chan struct{}),
	}
	if order == nil {
		f.n = l.examples.Len()
	}
	f.steps = (f.n + l.batch - 1) / l.batch
	for _, s := range f.slots {
		f.free <- s
	}
	f.wg.Go(func() { f.handOut(from) })
	for range runtime.GOMAXPROCS(0) {
		f.wg.Go(f.read)
	}
	return f
}

func (l *Loader) takeSlots() []*slot {
	l.mu.Lock()
	defer l.mu.Unlock()
	slots := l.idle
	l.idle = nil
	for len(slots) < ahead {
		slots = append(slots, l.newSlot())
	}
	return slots
}

// handOut prepares the batches of all steps, one after the other as slots get free.
func (f *feed) handOut(from int) {
	for step := from; step < f.steps; step++ {
		var s *slot
		select {
		case s = <-f.free:
		case <-f.quit:
			return
		}
		first := step * f.batch
		s.reset(min(f.batch, f.n-first), f.pixels)
		for i := first; i < first+s.N; i++ {
			index := i
			if f.order != nil {
				index = f.order[i]
			}
			s.Index = append(s.Index, index)
			s.Labels = append(s.Labels, f.examples.Label(index))
		}
		f.filled <- s // never full: there are no more slots
		for at := range s.N {
			select {
			case f.images <- image{s, at}:
			case <-f.quit:
				return
			}
		}
	}
}

// read reads images until there is nothing more to do.
func (f *feed) read() {
	for {
		select {
		case <-f.quit:
			return
		case m := <-f.images:
			s := m.slot
			s.arrived(m.at, f.examples.Image(s.X[m.at*f.pixels:][:f.pixels], s.Index[m.at]))
		}
	}
}

// next waits for the next batch to be complete.
func (f *feed) next(ctx context.Context) (*slot, error) {
	var s *slot
	select {
	case s = <-f.filled:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s, s.err
}

// stop ends the goroutines and gives the slots back.
func (f *feed) stop() {
	close(f.quit)
	f.wg.Wait()
	f.mu.Lock()
	f.idle = f.slots
	f.mu.Unlock()
}
