package check

import (
	"encoding/hex"
	"image"
	"sync"

	"cnntrain/internal/data/picture"
)

// looks are the properties of an image.
type looks struct {
	size   image.Point
	format string // of its file
	print  picture.Print
}

func looksOf(content []byte, p *picture.Picture) looks {
	return looks{p.Size(), picture.Kind(content), p.Print()}
}

// Seen remembers the properties of images that were decoded while a dataset was loaded, so that
// [Dataset] does not decode them again. The zero value is empty.
type Seen struct {
	mu  sync.Mutex
	all map[string]looks // by digest of the file
}

// Add adds a file with the digest sum. It is the Seen of a [dataset.Source].
func (s *Seen) Add(sum [32]byte, content []byte, p *picture.Picture) {
	l := looksOf(content, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]looks{}
	}
	s.all[hex.EncodeToString(sum[:])] = l
}

func (s *Seen) find(digest string) (looks, bool) {
	if s == nil {
		return looks{}, false
	}
	l, ok := s.all[digest]
	return l, ok
}
