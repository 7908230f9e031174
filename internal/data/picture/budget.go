package picture

import (
	"fmt"
	"sync"
)

const (
	// maxBytes is the memory that decoding one image may take, and all that are decoded at
	// the same time: 108 megapixels, which telephones make, take 835 MB as a progressive JPEG.
	maxBytes = 1 << 30
	// maxScans is how often the data of a JPEG may go over the whole image; encoders
	// write about ten passes.
	maxScans = 50
)

// checkBudget refuses an image that would take too much memory, by its head. How small its
// file is does not count: a white page of 48 megapixels is a PNG of 152 kB.
func checkBudget(h *head, fileBytes int64) error {
	if need := h.bytes + fileBytes; need > maxBytes {
		return fmt.Errorf("a %s image of %dx%d takes %d MB to decode, too large: at most %d; make it smaller",
			h.kind, h.size.X, h.size.Y, need/1e6, maxBytes/1000000)
	}
	return nil
}

// inUse is the memory of all Pictures that are not closed.
var inUse = newRoom(maxBytes)

// A room has a number of bytes, which those who take some of them share.
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

// take waits until n bytes are free; n must not be more than the room has.
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

// guard makes an error of a panic in a decoder, which is not our code.
func guard(decode func() (sampler, error)) (at sampler, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return decode()
}
