package dataset

import (
	"encoding/binary"
	"hash/crc32"

	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"cnntrain/internal/data/imagecache"
)

// encoded returns a uniformly coloured image as PNG or JPEG.
func encoded(t testing.TB, width, height int, c color.NRGBA, asJPEG bool) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if asJPEG {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var inputShape = Source{Input: []int{4, 6, 3}}

// writeClasses writes n images of each class, each class in its own grey.
func writeClasses(t *testing.T, dir string, n int, classes ...string) {
	t.Helper()
	for c, class := range classes {
		v := uint8(50 * (c + 1))
		img := encoded(t, 8, 8, color.NRGBA{v, v, v, 255}, false)
		for i := range n {
			write(t, filepath.Join(dir, class, fmt.Sprintf("%03d.png", i)), img)
		}
	}
}

func TestImageFolderClassesAreItsFolders(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 40, "dog", "cat", "Ant")
	for _, name := range []string{"notes.txt", ".hidden/x.png", "cat/notes.txt", "cat/.thumb.png", "cat/.trash/x.png"} {
		write(t, filepath.Join(dir, name), []byte("no image"))
	}
	write(t, filepath.Join(dir, "dog", "more", "X.JPEG"), encoded(t, 3, 3, color.NRGBA{A: 255}, true))
	d := mustLoad(t, &imageFolder{path: dir, testSplit: 0.25}, inputShape)
	if d.Dir != dir {
		t.Errorf("lies in %s, not %s", d.Dir, dir)
	}
	t.Chdir(dir)
	if d := mustLoad(t, &imageFolder{path: ".", testSplit: 0.25}, inputShape); d.Dir != dir {
		t.Errorf("lies in %s, not %s", d.Dir, dir)
	}
	if want := []string{"Ant", "cat", "dog"}; !slices.Equal(d.Classes, want) {
		t.Errorf("classes %v, want %v", d.Classes, want)
	}
	if n := d.Train.Len() + d.Test.Len(); n != 121 || d.Test.Len() < 15 || d.Test.Len() > 45 {
		t.Errorf("%d and %d examples", d.Train.Len(), d.Test.Len())
	}
	checkData(t, d)
	x := make([]float32, 4*6*3)
	for i := range d.Train.Len() {
		if err := d.Train.Image(x, i); err != nil {
			t.Fatal(err)
		}
		want := map[string]float32{"dog": 50, "cat": 100, "Ant": 150}[d.Classes[d.Train.Label(i)]]
		if x[5] != want && x[5] != 0 {
			t.Errorf("a %s is %v", d.Classes[d.Train.Label(i)], x[5])
		}
	}
}

// files returns the file names of a split.
func files(ex Examples) []string {
	var names []string
	for _, f := range ex.(*folderExamples).files {
		names = append(names, f.name)
	}
	return names
}

// Each added image moves at most one other image of its class to another split.
func TestImageFolderSplitStaysWhenImagesAreAdded(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 30, "a", "b")
	before := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
	again := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
	if before.Digest != again.Digest || !slices.Equal(files(before.Train), files(again.Train)) {
		t.Error("the same folder is loaded in two ways")
	}
	for n := 31; n < 39; n++ {
		writeClasses(t, dir, n, "a", "b")
		after := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
		moved := map[string]int{}
		for _, side := range [][2]Examples{{before.Test, after.Train}, {before.Train, after.Test}} {
			for _, name := range files(side[0]) {
				if slices.Contains(files(side[1]), name) {
					moved[filepath.Dir(name)]++
				}
			}
		}
		if moved["a"] > 1 || moved["b"] > 1 {
			t.Errorf("%d images: %v moved", n, moved)
		}
		if before.Digest == after.Digest {
			t.Error("the digest is still the same")
		}
		before = after
	}
}

// Keras's validation_split takes the last examples: they must not all be of one class.
func TestImageFolderMixesClasses(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 50, "a", "b", "c")
	d := mustLoad(t, &imageFolder{path: dir, testSplit: 0.2}, inputShape)
	counts := make([]int, 3)
	for i := d.Train.Len() - 30; i < d.Train.Len(); i++ {
		counts[d.Train.Label(i)]++
	}
	if slices.Min(counts) < 4 {
		t.Errorf("the last 30 are %v", counts)
	}
}

func TestImageFolderTakesTrainAndTestAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, filepath.Join(dir, "train"), 7, "a", "b", "c")
	writeClasses(t, filepath.Join(dir, "test"), 3, "b", "c")
	d := mustLoad(t, &imageFolder{path: dir, testSplit: 0.2}, inputShape)
	if d.Train.Len() != 21 || d.Test.Len() != 6 || !slices.Equal(d.Classes, []string{"a", "b", "c"}) {
		t.Errorf("%d and %d of %v", d.Train.Len(), d.Test.Len(), d.Classes)
	}
	for i := range d.Test.Len() {
		if name, class := files(d.Test)[i], d.Classes[d.Test.Label(i)]; filepath.Dir(name) != "test/"+class {
			t.Errorf("%s is taken for a %s", name, class)
		}
	}
	checkData(t, d)
	writeClasses(t, filepath.Join(dir, "test"), 1, "z")
	_, err := (&imageFolder{path: dir, testSplit: 0.2}).Load(context.Background(), inputShape)
	mustFail(t, err, `class "z"`, filepath.Join(dir, "train"))
}

func TestImageFolderFollowsLinks(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	writeClasses(t, elsewhere, 5, "a", "b")
	writeClasses(t, dir, 5, "b")
	if err := os.Symlink(filepath.Join(elsewhere, "a"), filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "b", "000.png"), filepath.Join(dir, "b", "link.png")); err != nil {
		t.Fatal(err)
	}
	if d := mustLoad(t, &imageFolder{path: dir, testSplit: 0}, inputShape); d.Train.Len() != 11 || d.Test != nil {
		t.Errorf("%d examples", d.Train.Len())
	}
}

func TestImageFolderTakesTheSizeOfItsImagesWithoutASpec(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 5, "a", "b")
	if d := mustLoad(t, &imageFolder{path: dir, testSplit: 0}, Source{}); !slices.Equal(d.Shape, []int{8, 8, 3}) {
		t.Errorf("shape %v", d.Shape)
	}
}

func TestImageFolderOfNoUseSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		path  string // relative to the folder
		split float64
		want  []string
	}{
		"missing":         {nil, "nowhere", 0.2, []string{"nowhere", "no such file", "a folder of images for each class"}},
		"a file":          {[]string{"x.png"}, "x.png", 0.2, []string{"x.png", "not a folder"}},
		"empty":           {nil, "", 0.2, []string{"no images here", "each class needs a folder"}},
		"images only":     {[]string{"1.png", "2.png"}, "", 0.2, []string{"images without class folders"}},
		"empty class":     {[]string{"a/1.png", "b/Thumbs.db"}, "", 0.2, []string{"b: no images here"}},
		"one class":       {[]string{"a/1.png"}, "", 0.2, []string{`only one class, "a"`}},
		"nothing to test": {[]string{"train/a/1.png", "train/b/1.png", "test/Thumbs.db"}, "", 0.2, []string{"test: no images here"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				write(t, filepath.Join(dir, f), encoded(t, 2, 2, color.NRGBA{A: 255}, false))
			}
			_, err := (&imageFolder{path: filepath.Join(dir, c.path), testSplit: c.split}).Load(context.Background(), inputShape)
			mustFail(t, err, append(c.want, dir)...)
		})
	}
}

func TestImageFolderRefusesOtherChannels(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 5, "a", "b")
	_, err := (&imageFolder{path: dir, testSplit: 0}).Load(context.Background(), Source{Input: []int{4, 4, 2}})
	mustFail(t, err, "3 channels", "[4 4 2]")
}

func TestUnreadableImagesAreSkippedAndNamed(t *testing.T) {
	good := encoded(t, 8, 8, color.NRGBA{1, 2, 3, 255}, false)
	flipped := slices.Clone(good)
	flipped[len(good)/2] ^= 1
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":    {nil, "not an image"},
		"text":     {[]byte("hello"), "not an image"},
		"cut":      {good[:len(good)-20], "damaged"},
		"flipped":  {flipped, "damaged"},
		"too big":  {withWidth(good, 1<<30), "too large"},
		"no width": {withWidth(good, 0), "PNG"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeClasses(t, dir, 20, "a", "b")
			before := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
			bad := []string{filepath.Join(dir, "a", "bad.jpg"), filepath.Join(dir, "b", "more", "bad.webp")}
			for _, file := range bad {
				write(t, file, c.content)
			}
			d := mustLoad(t, &imageFolder{path: dir, testSplit: 0.3}, inputShape)
			if len(d.Skipped) != len(bad) || d.Digest != before.Digest || d.Train.Len() != before.Train.Len() || d.Test.Len() != before.Test.Len() {
				t.Fatalf("%d and %d examples, skipped %q", d.Train.Len(), d.Test.Len(), d.Skipped)
			}
			for i, file := range bad {
				mustFail(t, errors.New(d.Skipped[i]), file, c.want)
			}
			checkData(t, d)
		})
	}
}

func TestSkippedImagesOfBothSplitsAreNamed(t *testing.T) {
	dir := t.TempDir()
	for _, split := range []string{"train", "test"} {
		writeClasses(t, filepath.Join(dir, split), 3, "a", "b")
		write(t, filepath.Join(dir, split, "a", "x.png"), nil)
	}
	var checked, total atomic.Int64
	src := inputShape
	src.Checked = func(_, n int) { checked.Add(1); total.Store(int64(n)) }
	d := mustLoad(t, &imageFolder{path: dir}, src)
	if len(d.Skipped) != 2 || d.Train.Len() != 6 || d.Test.Len() != 6 || checked.Load() != 14 || total.Load() != 14 {
		t.Errorf("%d and %d examples, skipped %q, %d checked", d.Train.Len(), d.Test.Len(), d.Skipped, checked.Load())
	}
}

func TestClassOfUnreadableImagesIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 3, "a", "b")
	write(t, filepath.Join(dir, "c", "1.png"), nil)
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	mustFail(t, err, dir+`: no training image of class "c" can be read`, filepath.Join(dir, "c", "1.png")+": not an image")
}

func TestImageThatIsGoneIsNamed(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 1, "a", "b")
	file := filepath.Join(dir, "a", "000.png")
	src := inputShape
	for _, src.Images.Memory = range []int64{imagecache.DefaultMemory, 1} {
		d := mustLoad(t, &imageFolder{path: dir}, src)
		if err := os.Rename(file, file+"~"); err != nil {
			t.Fatal(err)
		}
		err := d.Train.Image(make([]float32, 4*6*3), slices.Index(files(d.Train), "a/000.png"))
		if src.Images.Memory > 1 {
			if err != nil {
				t.Errorf("an image in memory: %v", err)
			}
		} else {
			mustFail(t, err, file)
		}
		if err := os.Rename(file+"~", file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImageFolderStopsWhenCancelled(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 5, "a", "b")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&imageFolder{path: dir, testSplit: 0}).Load(ctx, inputShape); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestHomeIsExpanded(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	for in, want := range map[string]string{"~/x": "/home/me/x", "~": "/home/me", "~you/x": "~you/x", "./~": "./~"} {
		if got := ExpandHome(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// withWidth returns a PNG whose header declares another width.
func withWidth(file []byte, width uint32) []byte {
	b := slices.Clone(file)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// An image of a folder and a single image are preprocessed alike.
func TestCroppingIsAnOption(t *testing.T) {
	dir := t.TempDir()
	img := image.NewGray(image.Rect(0, 0, 8, 2)) // black, with white away from the centre
	img.SetGray(1, 0, color.Gray{255})
	img.SetGray(6, 1, color.Gray{255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"a", "b"} {
		write(t, filepath.Join(dir, class, "1.png"), b.Bytes())
	}
	shape := []int{2, 2, 1}
	for _, crop := range []bool{false, true} {
		set := &imageFolder{path: dir, crop: crop}
		d := mustLoad(t, set, Source{Input: shape})
		x, y := make([]float32, 4), make([]float32, 4)
		if err := errors.Join(d.Train.Image(x, 0), ReadImage(set, y, shape, filepath.Join(dir, "a", "1.png"))); err != nil {
			t.Fatal(err)
		}
		if black := slices.Max(x) == 0; black != crop || !slices.Equal(x, y) {
			t.Errorf("crop %v: %v of the folder, %v alone", crop, x, y)
		}
	}
}

// Files that operating systems create are ignored at any depth; a photo counts whatever its
// name.
func TestLitterIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 2, "a", "b")
	img := encoded(t, 2, 2, color.NRGBA{A: 255}, true)
	for _, name := range []string{
		"__MACOSX/a/1.png", "@eaDir/1.jpg", "lost+found/1.jpg", "a/@eaDir/x.jpg/SYNOPHOTO_THUMB_M.jpg", "a/more/__MACOSX/1.jpg",
		"a/Thumbs.db", "b/THUMBS.DB", "b/._1.png", "b/more/.DS_Store", "b/desktop.ini", "b/$RECYCLE.BIN/1.jpg", ".Trashes/1.jpg",
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), img)
	}
	photos := []string{"a/x.jfif", "a/x.jpe", "a/photo", "b/more/x.dat"}
	for _, name := range photos {
		write(t, filepath.Join(dir, name), img)
	}
	d := mustLoad(t, &imageFolder{path: dir}, inputShape)
	if d.Train.Len() != 4+len(photos) || len(d.Classes) != 2 {
		t.Errorf("classes %v, files %v", d.Classes, files(d.Train))
	}
	var listed []string
	err := EachImage(context.Background(), dir, func(file string) error {
		listed = append(listed, file)
		return nil
	})
	if err != nil || len(listed) != 4+len(photos) {
		t.Errorf("%v, %v", listed, err)
	}
}

// 고양이 in CP949, the encoding of a zip made on Windows.
func TestClassNamesAreUTF8(t *testing.T) {
	const cat = "\xb0\xed\xbe\xe7\xc0\xcc"
	mustFail(t, checkName("photos", cat), `"\xb0\xed\xbe\xe7\xc0\xcc"`, "photos: ", "convmv -f cp949 -t utf-8")
	if err := checkName("photos", "고양이"); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	writeClasses(t, dir, 2, "a", "b")
	if err := os.Mkdir(filepath.Join(dir, cat), 0o777); err != nil {
		t.Skip("names are UTF-8 here:", err)
	}
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	mustFail(t, err, `\xb0`, "convmv")
}
