package imagecache

import (
	"runtime"
	"sync"
)

// blockSize is the size of an allocation from the system.
const blockSize = 8 << 20

// memory stores packed images in blocks outside of Go's heap: 128 MB there would let as many
// bytes of garbage accumulate before a collection.
type memory struct {
	mu     sync.RWMutex
	most   int64 // bytes
	taken  int64 // of most
	images map[Key][]byte
	blocks *blocks
	free   []byte // of the last block
	refuse bool   // an image did not fit
}

type blocks struct{ all [][]byte }

func newMemory(most int64) *memory {
	m := &memory{most: most, images: map[Key][]byte{}, blocks: &blocks{}}
	runtime.AddCleanup(m, (*blocks).release, m.blocks)
	return m
}

func (b *blocks) release() {
	for _, block := range b.all {
		releaseBlock(block)
	}
}

func (m *memory) get(k Key, dst []float32) bool {
	m.mu.RLock()
	defer m.mu.RUnlock() // once the pixels are read, so that m and its blocks are still there
	packed, ok := m.images[k]
	if !ok || len(packed) != len(dst) && len(packed) != 4*len(dst) {
		return false
	}
	unpack(dst, packed)
	return true
}

func (m *memory) put(k Key, packed []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.images[k]; ok {
		return
	}
	if len(packed) > len(m.free) && !m.grow(len(packed)) {
		m.refuse = true
		return
	}
	own := m.free[:len(packed):len(packed)]
	m.free = m.free[len(packed):]
	copy(own, packed)
	m.images[k] = own
}

// grow allocates another block, of n bytes or more.
func (m *memory) grow(n int) bool {
	size := max(n, blockSize)
	if m.taken+int64(size) > m.most {
		return false
	}
	block, err := newBlock(size)
	if err != nil {
		return false
	}
	m.blocks.all = append(m.blocks.all, block)
	m.taken += int64(size)
	m.free = block
	return true
}

func (m *memory) full() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.refuse
}
