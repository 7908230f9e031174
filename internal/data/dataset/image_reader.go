package dataset

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"cnntrain/internal/data/imagecache"
	"cnntrain/internal/data/picture"
)

// decoderVersion identifies the code that turns a file into pixels. Compilers for other
// processors may fuse multiplications and additions when images are resized.
var decoderVersion = fmt.Sprintf("%d %s %s", picture.Version, runtime.Version(), runtime.GOARCH)

// An imageReader reads image files resized to one shape. It keeps decoded images in a cache.
type imageReader struct {
	preparation
	cache   *imagecache.Cache
	shape   []int                                                           // [H W C]; nil: not known yet
	buffers sync.Pool                                                       // of images
	seen    func(sum [sha256.Size]byte, content []byte, p *picture.Picture) // or nil

	read, decoded atomic.Int64 // files, for tests
}

func newImageReader(o imagecache.Options, shape []int, p preparation) *imageReader {
	return &imageReader{preparation: p, cache: imagecache.New(o), shape: shape}
}

// key identifies the pixels of a file with the digest sum.
func (r *imageReader) key(sum [sha256.Size]byte) imagecache.Key {
	return sha256.Sum256(fmt.Appendf(nil, "%x resized to %v by %+v, %s", sum, r.shape, r.preparation, decoderVersion))
}

// image fills dst with the pixels of the file at path. Its digest must still be sum.
func (r *imageReader) image(dst []float32, path string, sum [sha256.Size]byte) error {
	key := r.key(sum)
	if r.cache.Get(key, dst) {
		return nil
	}
	r.read.Add(1)
	data, err := picture.Read(path)
	if err != nil {
		return err
	}
	if sha256.Sum256(data) != sum {
		return fmt.Errorf("%s: has changed since it was checked; do not change images during a run", path)
	}
	if err := r.decode(dst, data); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.cache.Put(key, dst)
	return nil
}

func (r *imageReader) decode(dst []float32, data []byte) error {
	r.decoded.Add(1)
	return r.preparation.decode(dst, r.shape, data)
}

// buffer returns a buffer for the pixels of one image.
func (r *imageReader) buffer() *[]float32 {
	if b, ok := r.buffers.Get().(*[]float32); ok {
		return b
	}
	b := make([]float32, r.shape[0]*r.shape[1]*r.shape[2])
	return &b
}
