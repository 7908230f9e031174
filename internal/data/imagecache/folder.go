package imagecache

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"cnntrain/internal/shutdown"
)

// folder has packed images as files DIR/images/01/23456789….pixels: a magic number, the key, the
// packed pixels, and a checksum of all of these. A file is written under a temporary name
// and renamed, which is atomic; one left incomplete by a crash of the machine has a wrong
// checksum.
type folder struct {
	dir   string
	most  int64     // bytes of all files
	start time.Time // files that were used since are in use

	mu   sync.Mutex
	room int64 // bytes that may be written before the files are counted again
	stop error // why writing has stopped
}

var (
	mark       = []byte("cnnpix1\n")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errFull    = errors.New("full")
)

const (
	ending    = ".pixels"
	temporary = ".tmp"
	headSize  = 8 + len(Key{})
	extraSize = headSize + 4
	// fresh is the age below which the time of last use is not updated, to save writes.
	fresh = 10 * time.Minute
)

func newFolder(dir string, most int64) *folder {
	// File times may come from the clock of another machine, with a coarse resolution.
	return &folder{dir: dir, most: most, start: time.Now().Add(-2 * time.Second)}
}

func (f *folder) path(k Key) string {
	name := hex.EncodeToString(k[:])
	return filepath.Join(f.dir, "images", name[:2], name[2:]+ending)
}

// get reads an image of n pixels into buf and returns it packed.
func (f *folder) get(k Key, n int, buf *[]byte) (packed []byte, ok bool) {
	path := f.path(k)
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, false
	}
	size := info.Size()
	if size != int64(extraSize+n) && size != int64(extraSize+4*n) {
		_ = os.Remove(path)
		return nil, false
	}
	all := grown(buf, int(size))
	if _, err := io.ReadFull(file, all); err != nil {
		return nil, false
	}
	content, sum := all[:len(all)-4], binary.LittleEndian.Uint32(all[len(all)-4:])
	if crc32.Checksum(content, castagnoli) != sum || !bytes.HasPrefix(content, mark) || !bytes.Equal(content[8:headSize], k[:]) {
		_ = os.Remove(path)
		return nil, false
	}
	if now := time.Now(); info.ModTime().Before(f.start) || now.Sub(info.ModTime()) > fresh {
		_ = os.Chtimes(path, now, now) // marks it as recently used
	}
	return content[headSize:], true
}

func grown(buf *[]byte, n int) []byte {
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	return (*buf)[:n]
}

// put writes an image if there is space.
func (f *folder) put(k Key, packed []byte) {
	if !f.take(int64(extraSize + len(packed))) {
		return
	}
	head := append(bytes.Clone(mark), k[:]...)
	sum := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, packed)
	f.stopFor(f.write(f.path(k), head, packed, binary.LittleEndian.AppendUint32(nil, sum)))
}

// write creates a file atomically. Only its owner can read it, as photos may be private.
func (f *folder) write(path string, parts ...[]byte) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "*"+temporary)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		file, err = os.CreateTemp(dir, "*"+temporary)
	}
	if err != nil {
		return err
	}
	defer shutdown.Remove(file.Name())()
	for _, p := range parts {
		if err == nil {
			_, err = file.Write(p)
		}
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
		if _, there := os.Stat(path); there == nil {
			err = nil // on Windows another process may be reading its own copy
		}
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// stopFor stops writing after an error. If the disk is full, it evicts a quarter of the cache:
// the run that fills the cache has to write its weights there.
func (f *folder) stopFor(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop != nil {
		return
	}
	f.stop = err
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		used := f.count()
		f.evict(used, used.total/4, time.Now())
	}
}

// short returns why some images were not cached; empty if all were.
func (f *folder) short() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stop == nil:
		return ""
	case errors.Is(f.stop, errFull):
		return fmt.Sprintf("the cache of decoded images is full (%.3g GB in %s): some are decoded in each epoch; allow more with CNNTRAIN_CACHE_SIZE", float64(f.most)/1e9, f.dir)
	}
	return fmt.Sprintf("decoded images cannot be kept: %v; some are decoded in each epoch; choose another folder with CNNTRAIN_CACHE", f.stop)
}
