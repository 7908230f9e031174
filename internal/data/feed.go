package data

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A slot is a buffer for a batch that is being read.
type slot struct {
	Batch
	buffer  []float32 // for a full batch; X is the slice in use
	missing atomic.Int64
	done    chan struct{} // signalled when all images have arrived

	mu    sync.Mutex
	err   error // of the image at errAt in the batch, the first in order that failed
	errAt int
}

func (l *Loader) newSlot() *slot {
	_, most := ShareOf(l.batch, l.size-1, l.size) // the last loader's share is the largest
	return &slot{buffer: make([]float32, (most+l.after(l.batch, most))*l.pixels), done: make(chan struct{}, 1)}
}

// after returns how many examples to read after a share of n of a batch of whole examples.
func (l *Loader) after(whole, n int) int {
	if n == whole {
		return 0
	}
	return l.next
}

// reset prepares the slot for n images.
func (s *slot) reset(n, pixels int) {
	s.X, s.N = s.buffer[:n*pixels], n
	s.Labels, s.Index = s.Labels[:0], s.Index[:0]
	s.missing.Store(int64(n))
	s.err = nil
	select {
	case <-s.done: // an abandoned loop did not receive it
	default:
	}
}

// failed records that the image at a position of the batch could not be read. Which error
// is kept does not depend on timing.
func (s *slot) failed(at int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || at < s.errAt {
		s.err, s.errAt = err, at
	}
}

// arrived records that n more images have been read or have failed.
func (s *slot) arrived(n int) {
	if s.missing.Add(int64(-n)) == 0 {
		s.done <- struct{}{}
	}
}

// A feed runs one loop over batches: a goroutine that hands out images, workers that read
// them, and the slots that circulate between these and the loop.
type feed struct {
	*Loader
	order  []int // nil: in sequence
	n      int   // examples
	steps  int
	slots  []*slot
	free   chan *slot  // free slots
	filled chan *slot  // in the order of the steps; their images may still be missing
	images chan images // images to read
	quit   chan struct{}
	wg     sync.WaitGroup
}

// images is a range of positions of a batch. Workers receive several positions at a time,
// because sending each one would take longer than reading an image from memory.
type images struct {
	slot     *slot
	from, to int
}

// start takes the loader's free slots, or allocates them, and starts the goroutines.
func (l *Loader) start(order []int, from int) *feed {
	f := &feed{
		Loader: l,
		order:  order,
		n:      len(order),
		slots:  l.takeSlots(),
		free:   make(chan *slot, ahead),
		filled: make(chan *slot, ahead),
		images: make(chan images, l.batch),
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

// handOut prepares the batches of all steps in order, as slots become free.
func (f *feed) handOut(from int) {
	for step := from; step < f.steps; step++ {
		var s *slot
		select {
		case s = <-f.free:
		case <-f.quit:
			return
		}
		share, read := ShareOf(min(f.batch, f.n-step*f.batch), f.rank, f.size)
		next := f.after(share.Of, read)
		s.reset(read+next, f.pixels)
		s.Share, s.Next = share, next
		for k := range s.N {
			i := step*f.batch + (share.First+k)%share.Of
			index := i
			if f.order != nil {
				index = f.order[i]
			}
			s.Index = append(s.Index, index)
			s.Labels = append(s.Labels, f.examples.Label(index))
		}
		f.filled <- s // never blocks: its capacity is the number of slots
		some := max(1, s.N/(4*runtime.GOMAXPROCS(0)))
		for at := 0; at < s.N; at += some {
			select {
			case f.images <- images{s, at, min(at+some, s.N)}:
			case <-f.quit:
				return
			}
		}
	}
}

// read reads images until there are no more.
func (f *feed) read() {
	for {
		select {
		case <-f.quit:
			return
		case m := <-f.images:
			s := m.slot
			for at := m.from; at < m.to; at++ {
				if err := f.examples.Image(s.X[at*f.pixels:][:f.pixels], s.Index[at]); err != nil {
					s.failed(at, err)
				}
			}
			s.arrived(m.to - m.from)
		}
	}
}

// next waits until the next batch is complete.
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

// stopWait is how long stop waits for images that are being read.
const stopWait = 200 * time.Millisecond

// stop ends the goroutines and returns the slots to the loader. If ctx is done, it does not wait
// long for a read that does not return, and abandons it with the slots.
func (f *feed) stop(ctx context.Context) {
	close(f.quit)
	ended := make(chan struct{})
	go func() {
		f.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		select {
		case <-ended:
		case <-time.After(stopWait):
			return
		}
	}
	f.mu.Lock()
	f.idle = f.slots
	f.mu.Unlock()
}
