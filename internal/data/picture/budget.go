package picture

import (
	"fmt"
	"sync"
)

const (
	// maxBytes is the memory limit for decoding one image, and for all images decoded at
	// the same time. It admits the 108 megapixels of phone cameras, which take 835 MB as a
	// progressive JPEG.
	maxBytes = 1 << 30
	// maxScans limits the number of scans of a JPEG; encoders write about ten.
	maxScans = 50
)

// checkBudget rejects an image that would take too much memory, from its header. The size
// of the file says nothing: a white page of 48 megapixels is a PNG of 152 kB.
func checkBudget(h *head, fileBytes int64) error {
	if need := h.bytes + fileBytes; need > maxBytes {
		return fmt.Errorf("a %s image of %dx%d takes %d MB to decode, too large: at most %d; make it smaller",
			h.kind, h.size.X, h.size.Y, need/1e6, maxBytes/1000000)
	}
	return nil
}

// inUse counts the memory of all open Pictures.
var inUse = newRoom(maxBytes)

// A room is a semaphore that counts bytes.
type room struct {
	mu    sync.Mutex
	freed *sync.Cond
	free  int64
}

func newRoom(n int64) *room {
	r := &room{free: n}
	r.freed = sync.NewCond(&r.mu)
	return r
}

// take blocks until n bytes are free; n must not exceed the total.
func (r *room) take(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.free < n {
		r.freed.Wait()
	}
	r.free -= n
}

func (r *room) give(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += n
	r.freed.Broadcast()
}

// guard turns a panic of a third-party decoder into an error.
func guard(decode func() (sampler, error)) (at sampler, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return decode()
}
