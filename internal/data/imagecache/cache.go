// Package imagecache caches decoded images: in memory up to a limit, and in a folder of
// bounded size that any number of processes may share.
package imagecache

import (
	"crypto/sha256"
	"fmt"
	"runtime/debug"
	"sync"
)

// A Key identifies pixels: a digest of the content of a file and of all processing steps.
type Key [sha256.Size]byte

// Options sets where images are cached and how many. The zero value caches in memory only.
type Options struct {
	Dir      string // the folder, created if necessary; empty: none
	MaxBytes int64  // limit of the files in the folder
	Memory   int64  // bytes of memory; 0: DefaultMemory, or a quarter of GOMEMLIMIT if that is less
}

// DefaultMemory is the default memory limit: 140,000 images of 28x28x1, 200 of 224x224x3.
const DefaultMemory = 128 << 20

// DefaultMaxBytes is the default size limit of the folder: 17,000 images of 224x224x3.
const DefaultMaxBytes = 10_000_000_000

// A Cache stores the pixels of images. Its methods may be called concurrently. They never
// fail: an image that could not be stored, or is damaged, is a cache miss.
type Cache struct {
	memory *memory
	folder *folder // nil without
	bytes  sync.Pool
}

// New returns a Cache. Nothing is read or written before it is used.
func New(o Options) *Cache {
	if o.Memory == 0 {
		o.Memory = min(DefaultMemory, debug.SetMemoryLimit(-1)/4)
	}
	c := &Cache{memory: newMemory(o.Memory)}
	c.bytes.New = func() any { return new([]byte) }
	if o.Dir != "" && o.MaxBytes > 0 {
		c.folder = newFolder(o.Dir, o.MaxBytes)
	}
	return c
}

// Get fills dst with the pixels that Put was given, and reports whether they are there.
func (c *Cache) Get(k Key, dst []float32) bool {
	if c.memory.get(k, dst) {
		return true
	}
	if c.folder == nil {
		return false
	}
	buf := c.bytes.Get().(*[]byte)
	defer c.bytes.Put(buf)
	packed, ok := c.folder.get(k, len(dst), buf)
	if ok {
		unpack(dst, packed)
		c.memory.put(k, packed)
	}
	return ok
}

// Put stores pixels if there is space.
func (c *Cache) Put(k Key, pixels []float32) {
	buf := c.bytes.Get().(*[]byte)
	defer c.bytes.Put(buf)
	*buf = pack(*buf, pixels)
	c.memory.put(k, *buf)
	if c.folder != nil {
		c.folder.put(k, *buf)
	}
}

// Short returns why some images were not cached and have to be decoded each time, as far as
// known. It is empty if all were cached.
func (c *Cache) Short() string {
	switch {
	case !c.memory.full():
		return ""
	case c.folder == nil:
		return fmt.Sprintf("decoded images take more than the %d MB of memory they may, and there is no cache folder: some are decoded in each epoch; choose one with CNNTRAIN_CACHE", c.memory.most/1e6)
	}
	return c.folder.short()
}
