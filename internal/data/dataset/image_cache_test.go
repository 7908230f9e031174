package dataset

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/data/imagecache"
)

// cachedIn is inputShape with a cache folder and no memory.
func cachedIn(dir string) Source {
	src := inputShape
	src.Images = imagecache.Options{Dir: dir, MaxBytes: 1e9, Memory: 1}
	return src
}

// photoFolder makes two classes of 6 images each that need resizing, one of them damaged.
func photoFolder(t *testing.T) string {
	dir := t.TempDir()
	for i := range 6 {
		for c, class := range []string{"a", "b"} {
			colour := color.NRGBA{uint8(40 * i), uint8(200 * c), 77, 255}
			write(t, filepath.Join(dir, class, string(rune('0'+i))+".jpg"), encoded(t, 31+i, 17, colour, true))
		}
	}
	half := encoded(t, 64, 64, color.NRGBA{1, 2, 3, 255}, true)
	write(t, filepath.Join(dir, "b", "half.jpg"), half[:len(half)-40])
	return dir
}

// pixelsOf reads all training images.
func pixelsOf(t *testing.T, d *Data) (all []float32) {
	t.Helper()
	size := d.Shape[0] * d.Shape[1] * d.Shape[2]
	for i := range d.Train.Len() {
		x := make([]float32, size)
		if err := d.Train.Image(x, i); err != nil {
			t.Fatal(err)
		}
		all = append(all, x...)
	}
	return all
}

// mustHaveRead checks how many files were read and decoded since d was loaded.
func mustHaveRead(t *testing.T, d *Data, read, decoded int64) {
	t.Helper()
	r := d.Train.(*folderExamples).images
	if r.read.Load() != read || r.decoded.Load() != decoded {
		t.Errorf("%d files read, %d decoded; want %d, %d", r.read.Load(), r.decoded.Load(), read, decoded)
	}
}

// settle waits until files that were just written are old enough to be recorded.
func settle() { time.Sleep(3100 * time.Millisecond) }

// The second load of a folder, and all epochs of both, read no image file; what is damaged is
// said the second time too.
func TestASecondLoadReadsNoImage(t *testing.T) {
	t.Parallel()
	dir, cache := photoFolder(t), t.TempDir()
	set := &imageFolder{path: dir}
	settle()
	first := mustLoad(t, set, cachedIn(cache))
	want := pixelsOf(t, first)
	mustHaveRead(t, first, 13, 13)
	if len(first.Skipped) != 1 || !strings.Contains(first.Skipped[0], filepath.Join("b", "half.jpg")+": damaged: ") {
		t.Errorf("skipped %q", first.Skipped)
	}

	second := mustLoad(t, set, cachedIn(cache))
	if !slices.Equal(pixelsOf(t, second), want) || second.Digest != first.Digest || !slices.Equal(second.Skipped, first.Skipped) {
		t.Errorf("another dataset: skipped %q", second.Skipped)
	}
	mustHaveRead(t, second, 0, 0)

	without := mustLoad(t, set, Source{Input: inputShape.Input, Images: imagecache.Options{Memory: 1}})
	if !slices.Equal(pixelsOf(t, without), want) || without.Digest != first.Digest {
		t.Error("other pixels without a cache")
	}
	mustHaveRead(t, without, 13+12, 13+12)

	memory := mustLoad(t, set, inputShape)
	if !slices.Equal(pixelsOf(t, memory), want) {
		t.Error("other pixels from memory")
	}
	mustHaveRead(t, memory, 13, 13)

	// In another place the content is the same, so that nothing is decoded.
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	copied := mustLoad(t, &imageFolder{path: moved}, cachedIn(cache))
	if !slices.Equal(pixelsOf(t, copied), want) {
		t.Error("other pixels in another place")
	}
	mustHaveRead(t, copied, 13, 1) // the damaged one
}

// What is done to an image is part of what it is kept under.
func TestOtherSizesAreOtherImages(t *testing.T) {
	dir, cache := photoFolder(t), t.TempDir()
	for _, set := range []*imageFolder{{path: dir}, {path: dir, crop: true}, {path: dir, dct: fastDCT}} {
		for _, shape := range [][]int{{4, 6, 3}, {6, 4, 3}, {4, 6, 1}, {8, 3, 3}} {
			src := cachedIn(cache)
			src.Input = shape
			d := mustLoad(t, set, src)
			pixelsOf(t, d)
			if r := d.Train.(*folderExamples).images; r.decoded.Load() != 13 {
				t.Errorf("%v, %+v: %d files decoded", shape, set.preparation(), r.decoded.Load())
			}
		}
	}
}

// A file that was replaced by another of the same size and time is read again.
func TestReplacedFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	dir, cache := t.TempDir(), t.TempDir()
	writeClasses(t, dir, 3, "a", "b")
	file := filepath.Join(dir, "a", "001.png")
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	settle()
	set := &imageFolder{path: dir}
	first := mustLoad(t, set, cachedIn(cache))
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content = append(content[:len(content):len(content)], 0) // what follows a PNG's end is passed over
	err = errors.Join(os.WriteFile(file, content[:len(content)-1], 0o666), os.Chtimes(file, before.ModTime(), before.ModTime()))
	if err != nil {
		t.Fatal(err)
	}
	second := mustLoad(t, set, cachedIn(cache))
	mustHaveRead(t, second, 1, 0) // it is as it was
	if err := os.WriteFile(file, content, 0o666); err != nil {
		t.Fatal(err)
	}
	third := mustLoad(t, set, cachedIn(cache))
	mustHaveRead(t, third, 1, 1)
	if second.Digest != first.Digest || third.Digest == first.Digest {
		t.Errorf("digests %.8s, %.8s, %.8s", first.Digest, second.Digest, third.Digest)
	}
}

// An image that is not kept and changes during a run would be another than the digest says.
func TestImagesThatChangeDuringARunAreRefused(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 1, "a", "b")
	src := inputShape
	src.Images.Memory = 1
	d := mustLoad(t, &imageFolder{path: dir}, src)
	file := filepath.Join(dir, "a", "000.png")
	write(t, file, encoded(t, 9, 9, color.NRGBA{9, 9, 9, 255}, false))
	mustFail(t, d.Train.Image(make([]float32, 4*6*3), slices.Index(files(d.Train), "a/000.png")), file+": has changed")
}
