package imagecache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const pixelsOfTest = 3 * 100

// image returns pixels that differ for each number; every second number has whole ones.
func image(number uint64) (Key, []float32) {
	var k Key
	binary.BigEndian.PutUint64(k[:], number*0x9e3779b97f4a7c15)
	x := make([]float32, pixelsOfTest)
	for i := range x {
		x[i] = float32((number*7 + uint64(i)*uint64(i)) % 256)
		if number%2 == 1 {
			x[i] += float32(i) / 1024
		}
	}
	return k, x
}

// mustHave checks that c has the pixels of an image, to the bit.
func mustHave(t *testing.T, c *Cache, number uint64) {
	t.Helper()
	k, want := image(number)
	got := make([]float32, len(want))
	if !c.Get(k, got) {
		t.Fatalf("image %d is not there", number)
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("image %d: pixel %d is %v, want %v", number, i, got[i], want[i])
		}
	}
}

func has(c *Cache, number uint64) bool {
	k, x := image(number)
	return c.Get(k, x)
}

// files returns the size of each file below dir.
func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sizes[path] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

func TestPixelsAreKeptToTheBit(t *testing.T) {
	dir := t.TempDir()
	for name, o := range map[string]Options{"memory": {}, "folder": {Dir: dir, MaxBytes: 1e9, Memory: 1}} {
		c := New(o)
		for n := range uint64(10) {
			if has(c, n) {
				t.Errorf("%s: image %d was never put in", name, n)
			}
			k, x := image(n)
			c.Put(k, x)
			mustHave(t, c, n)
		}
		k, _ := image(3)
		if c.Get(k, make([]float32, pixelsOfTest-1)) {
			t.Errorf("%s: an image of another size", name)
		}
	}
	again := New(Options{Dir: dir, MaxBytes: 1e9})
	for n := range uint64(10) {
		if n != 3 { // that was asked for with another size, which no key should have
			mustHave(t, again, n)
		}
	}
}

func TestWholePixelsTakeAByte(t *testing.T) {
	odd := []float32{0, 255, 7}
	if got := pack(nil, odd); !bytes.Equal(got, []byte{0, 255, 7}) {
		t.Errorf("got %v", got)
	}
	for _, v := range []float32{0.5, -1, 256, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1))} {
		packed, back := pack(nil, []float32{3, v}), make([]float32, 2)
		if unpack(back, packed); len(packed) != 8 || back[0] != 3 || math.Float32bits(back[1]) != math.Float32bits(v) {
			t.Errorf("%v: %v, %v", v, packed, back)
		}
	}
}

// Of the memory no more is taken than allowed, and what was in it stays.
func TestMemoryIsBounded(t *testing.T) {
	c := New(Options{Memory: 2*blockSize + 1})
	k, _ := image(0)
	x := make([]float32, 500_000) // 2 MB
	for i := range x {
		x[i] = float32(i) / 7
	}
	for n := range byte(20) {
		k[31] = n
		c.Put(k, x)
	}
	kept := 0
	for n := range byte(20) {
		k[31] = n
		if got := make([]float32, len(x)); c.Get(k, got) {
			kept++
			if !slices.Equal(got, x) {
				t.Errorf("image %d has other pixels", n)
			}
		}
	}
	if kept != 8 || c.memory.taken != 2*blockSize {
		t.Errorf("%d images in %d bytes, want 8", kept, c.memory.taken)
	}
	if !strings.Contains(c.Short(), "there is no cache folder") {
		t.Errorf("got %q", c.Short())
	}
}

// Whatever byte of a file is changed, or wherever it ends, the image is not there, and is
// once it is put in again.
func TestDamagedFilesAreNotThere(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, MaxBytes: 1e9, Memory: 1}
	k, x := image(2)
	New(o).Put(k, x)
	path := newFolder(dir, 1).path(k)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bad [][]byte
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 0x10
		bad = append(bad, b, good[:i])
	}
	bad = append(bad, append(bytes.Clone(good), 0))
	for _, b := range bad {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c := New(o)
		if has(c, 2) {
			t.Fatalf("%d bytes of %d: taken for whole", len(b), len(good))
		}
		c.Put(k, x)
		mustHave(t, c, 2)
	}
	// The file of another image, renamed.
	other, y := image(4)
	New(o).Put(other, y)
	if err := os.Rename(newFolder(dir, 1).path(other), path); err != nil {
		t.Fatal(err)
	}
	if has(New(o), 2) {
		t.Error("another image was taken for it")
	}
}

// What was used last stays; what this process used always does.
func TestFolderIsBounded(t *testing.T) {
	dir := t.TempDir()
	const size = int64(extraSize + pixelsOfTest) // of an image with an even number
	o := Options{Dir: dir, MaxBytes: 40 * size, Memory: 1}
	old := New(o)
	for n := range uint64(20) {
		k, x := image(2 * n)
		old.Put(k, x)
		at := time.Now().Add(time.Duration(n-100) * time.Hour)
		if err := os.Chtimes(old.folder.path(k), at, at); err != nil {
			t.Fatal(err)
		}
	}
	c := New(o)
	mustHave(t, c, 0) // the oldest; now it is in use
	for n := uint64(100); n < 200; n++ {
		k, x := image(2 * n)
		c.Put(k, x)
		var total int64
		for _, s := range files(t, dir) {
			total += s
		}
		if total > o.MaxBytes {
			t.Fatalf("after %d images %d bytes, allowed are %d", n-99, total, o.MaxBytes)
		}
	}
	mustHave(t, c, 0)
	kept := 0
	for n := uint64(100); n < 200; n++ {
		if has(c, 2*n) {
			kept++
			if n-99 != uint64(kept) {
				t.Errorf("image %d is there, though others before it are not", n)
			}
		}
	}
	if kept < 34 || has(c, 2) {
		t.Errorf("%d new images are there; an old one: %v", kept, has(c, 2))
	}
	if !strings.Contains(c.Short(), "is full") || !strings.Contains(c.Short(), "CNNTRAIN_CACHE_SIZE") {
		t.Errorf("got %q", c.Short())
	}
}

// Only its own files are counted and removed, and those of processes that were killed.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	long := time.Now().Add(-1000 * time.Hour)
	for name, stays := range map[string]bool{
		"images/ab/photo.jpg": true, "images/photo.pixels": true, "notes.txt": true, "sums/notes.txt": true,
		"images/ab/1.tmp": false, "images/ab/2.pixels": false, "sums/3.sums": false,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, make([]byte, 5000), 0o666), os.Chtimes(path, long, long)); err != nil {
			t.Fatal(err)
		}
		f := newFolder(dir, 1000)
		if f.makeRoom(1000, 1000); stays != exists(path) {
			t.Errorf("%s is there: %v", name, !stays)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Without a folder that can be written to, images are decoded each time, and that is all.
func TestFoldersThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	readOnly := t.TempDir()
	if err := os.Chmod(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(file, "below"), file, filepath.Join(readOnly, "below"), "/proc/nothing"} {
		c := New(Options{Dir: dir, MaxBytes: 1e9, Memory: 1})
		k, x := image(1)
		c.Put(k, x)
		c.WriteSums("name", "1", 0, func(func(Record) bool) {})
		if has(c, 1) {
			if os.Geteuid() == 0 && strings.HasPrefix(dir, readOnly) {
				continue // root may write there
			}
			t.Errorf("%s: an image is there", dir)
		}
		if !strings.Contains(c.Short(), "cannot be kept") {
			t.Errorf("%s: %q", dir, c.Short())
		}
	}
}

// When the disk gets full, some of it is given back, and nothing more is written.
func TestAFullDiskGetsRoom(t *testing.T) {
	dir := t.TempDir()
	c := New(Options{Dir: dir, MaxBytes: 1e9, Memory: 1})
	for n := range uint64(40) {
		k, x := image(2 * n)
		c.Put(k, x)
	}
	c.folder.stopFor(&fs.PathError{Op: "write", Path: dir, Err: syscall.ENOSPC})
	if n := len(files(t, dir)); n != 30 {
		t.Errorf("%d of 40 files are left, want 30", n)
	}
	k, x := image(1)
	if c.Put(k, x); has(c, 1) {
		t.Error("it was written to all the same")
	}
}

// Caches in several processes, of which all write and read and one removes, have whole images
// or none.
func TestManyShareAFolder(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		c := New(Options{Dir: dir, MaxBytes: 100 * int64(extraSize+4*pixelsOfTest), Memory: 1})
		for from := range uint64(4) {
			wg.Go(func() {
				for i := range uint64(400) {
					n := (from*31 + i*7) % 90
					k, want := image(n)
					got := make([]float32, len(want))
					switch {
					case !c.Get(k, got):
						c.Put(k, want)
					case !slices.Equal(got, want):
						t.Errorf("image %d has other pixels", n)
					}
					if i%50 == 0 {
						c.folder.mu.Lock()
						c.folder.evict(c.folder.count(), 10*int64(extraSize), time.Now())
						c.folder.mu.Unlock()
					}
				}
			})
		}
	}
	wg.Wait()
	for path := range files(t, dir) {
		if strings.HasSuffix(path, temporary) {
			t.Errorf("%s is left", path)
		}
	}
}
