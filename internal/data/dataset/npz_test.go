package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// The files in testdata were written by NumPy (bench/parity/npz.py): value p of image i is
// 10i+p, its label i%2.
func TestArraysAreReadAsNumPyWroteThem(t *testing.T) {
	for _, c := range []struct {
		file  string
		shape []int
		test  int
	}{
		{"mnist_like", []int{2, 3, 1}, 2},
		{"cifar_like", []int{2, 1, 3}, 2},
		{"kind_u2", []int{2, 3, 1}, 0},
		{"kind_i4", []int{2, 3, 1}, 0},
		{"kind_i8", []int{2, 3, 1}, 0},
		{"kind_f4", []int{2, 3, 1}, 0},
		{"kind_f8", []int{2, 3, 1}, 0},
	} {
		d := mustLoad(t, &npz{filepath.Join("testdata", c.file+".npz")}, Source{Input: c.shape})
		if !slices.Equal(d.Shape, c.shape) || !slices.Equal(d.Classes, []string{"0", "1"}) || d.Train.Len() != 6-c.test {
			t.Errorf("%s: %v, %v, %d images", c.file, d.Shape, d.Classes, d.Train.Len())
		}
		first := 0
		for _, ex := range []Examples{d.Train, d.Test} {
			if ex == nil {
				continue
			}
			for i := range ex.Len() {
				x := make([]float32, 6)
				if err := ex.Image(x, i); err != nil {
					t.Fatal(err)
				}
				n := first + i
				if x[0] != float32(10*n) || x[5] != float32(10*n+5) || ex.Label(i) != n%2 {
					t.Errorf("%s: image %d is %v, label %d", c.file, n, x, ex.Label(i))
				}
			}
			first += ex.Len()
		}
		if first != 6 {
			t.Errorf("%s: %d images", c.file, first)
		}
	}
}

// npyOf returns an array of bytes in NumPy's format.
func npyOf(shape string, values ...byte) []byte {
	head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }\n", shape)
	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(head)))
	return append(append(b, head...), values...)
}

type member struct {
	name    string
	content []byte
}

func npzOf(t testing.TB, method uint16, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name + ".npy", Method: method})
		if err == nil {
			_, err = w.Write(m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// memory is a file in memory.
type memory struct {
	*bytes.Reader
	info fs.FileInfo
}

func inMemory(t testing.TB, b []byte) memory {
	t.Helper()
	info, err := fs.Stat(fstest.MapFS{"x": {Data: b}}, "x")
	if err != nil {
		t.Fatal(err)
	}
	return memory{bytes.NewReader(b), info}
}

func (m memory) Stat() (os.FileInfo, error) { return m.info, nil }

// np.savez writes into the same file, of the same size if only values differ.
func TestArraysThatChangeDuringARunAreRefused(t *testing.T) {
	at := filepath.Join(t.TempDir(), "x.npz")
	write := func(values ...byte) {
		content := npzOf(t, zip.Store, member{"x_train", npyOf("2, 1, 1", values...)}, member{"y_train", npyOf("2,", 0, 1)})
		if err := os.WriteFile(at, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(1, 2)
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(at, before, before); err != nil {
		t.Fatal(err)
	}
	d, x := mustLoad(t, &npz{at}, Source{}), []float32{0}
	if err := d.Train.Image(x, 1); err != nil || x[0] != 2 {
		t.Fatal(x, err)
	}
	write(3, 4)
	if err := d.Train.Image(x, 1); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("read %v, %v", x, err)
	}
}

func TestArraysOfNoUseSayWhy(t *testing.T) {
	x := npyOf("2, 1, 1", 1, 2)
	for name, c := range map[string]struct {
		members []member
		want    string
	}{
		"no labels":       {[]member{{"x_train", x}}, "x_train and y_train are needed, and it has x_train"},
		"other names":     {[]member{{"train_images", x}, {"train_labels", x}}, "x_train and y_train are needed, and it has train_images and train_labels"},
		"test alone":      {[]member{{"x_test", x}, {"y_test", x}}, "x_train and y_train are needed"},
		"half a test":     {[]member{{"x_train", x}, {"y_train", npyOf("2,", 0, 1)}, {"x_test", x}}, "x_test and y_test are needed"},
		"empty":           {nil, "and it has nothing"},
		"other count":     {[]member{{"x_train", x}, {"y_train", npyOf("3,", 0, 1, 1)}}, "y_train: has 3 labels for 2 images"},
		"gap":             {[]member{{"x_train", x}, {"y_train", npyOf("2,", 0, 2)}}, "y_train has no label 1, and 2 is the highest"},
		"from one":        {[]member{{"x_train", x}, {"y_train", npyOf("2,", 1, 2)}}, "y_train has no label 0, and 2 is the highest; labels count from 0"},
		"one class":       {[]member{{"x_train", x}, {"y_train", npyOf("2,", 0, 0)}}, "only one class"},
		"flat images":     {[]member{{"x_train", npyOf("2, 4", 1, 2, 3, 4, 5, 6, 7, 8)}, {"y_train", npyOf("2,", 0, 1)}}, "x_train: has the shape [2 4]; images are [N,H,W] or [N,H,W,C]"},
		"channels first":  {[]member{{"x_train", npyOf("1, 3, 5, 5", make([]byte, 75)...)}, {"y_train", npyOf("1,", 0)}}, "save np.transpose(x, (0, 2, 3, 1))"},
		"cut":             {[]member{{"x_train", npyOf("2, 1, 1", 1)}, {"y_train", npyOf("2,", 0, 1)}}, "x_train: ends before its 2 values do"},
		"no array":        {[]member{{"x_train", []byte("hello")}, {"y_train", x}}, "x_train: not an array of NumPy's"},
		"a head too long": {[]member{{"x_train", []byte("\x93NUMPY\x03\x00\xff\xff\xff\xff")}, {"y_train", x}}, "its head is 4294967295 bytes long"},
		"endless":         {[]member{{"x_train", npyOf("99999999999, 99999999999, 9", 1)}, {"y_train", x}}, "empty or too large"},
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			_, err := readNPZ(context.Background(), inMemory(t, npzOf(t, method, c.members...)), nil)
			if err == nil {
				t.Errorf("%s: no error", name)
				continue
			}
			mustFail(t, err, c.want)
		}
	}
	for file, want := range map[string]string{
		"pickled": "x_train: holds Python objects, which are pickled and not opened",
		"fortran": "x_train: is in Fortran's order; save np.ascontiguousarray of it",
		"scaled":  "x_train: its values go up to 0.2156862",
		"one_hot": "y_train: has the shape [6 2]; if it is one-hot, save np.argmax(y, 1)",
	} {
		_, err := (&npz{filepath.Join("testdata", file+".npz")}).Load(context.Background(), Source{})
		mustFail(t, err, file+".npz: "+want)
	}
	_, err := (&npz{"testdata/mnist_like.npz"}).Load(context.Background(), Source{Input: []int{28, 28, 1}})
	mustFail(t, err, "x_train: has images of [2 3 1], not [28 28 1]")
	_, err = (&npz{"npz_test.go"}).Load(context.Background(), Source{})
	mustFail(t, err, "npz_test.go: not a .npz file")
	_, err = (&npz{"none.npz"}).Load(context.Background(), Source{})
	mustFail(t, err, "none.npz: no such file", "x_train and y_train")
}

// A decompression bomb is rejected before it is unpacked.
func TestBombsAreNotUnpacked(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, size := range map[string]int64{"x_train.npy": unsuspicious + 1, "y_train.npy": 9} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, zeros{}, size); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := readNPZ(context.Background(), inMemory(t, b.Bytes()), nil)
	mustFail(t, err, "x_train: unpacks to 10", "times its size, as no images do")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Damage to uncompressed data is detected before training.
func TestDamagedArraysAreFound(t *testing.T) {
	good := npzOf(t, zip.Store, member{"x_train", npyOf("2, 1, 1", 1, 2)}, member{"y_train", npyOf("2,", 0, 1)})
	if _, err := readNPZ(context.Background(), inMemory(t, good), nil); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(good, []byte("}\n\x01\x02"))
	good[at+3] ^= 1
	_, err := readNPZ(context.Background(), inMemory(t, good), nil)
	mustFail(t, err, "checksum")
}

func FuzzNPZ(f *testing.F) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		f.Add(npzOf(f, method, member{"x_train", npyOf("2, 1, 1", 1, 2)}, member{"y_train", npyOf("2,", 0, 1)}))
	}
	files, _ := filepath.Glob("testdata/*.npz")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := readNPZ(context.Background(), inMemory(t, b), nil)
		if err != nil {
			return
		}
		x := make([]float32, d.Shape[0]*d.Shape[1]*d.Shape[2])
		for i := range d.Train.Len() {
			if err := d.Train.Image(x, i); err != nil {
				t.Fatal(err)
			}
			if slices.Min(x) < 0 || slices.Max(x) > 255 || d.Train.Label(i) >= len(d.Classes) {
				t.Fatalf("image %d: %v", i, x)
			}
		}
	})
}

func FuzzNPY(f *testing.F) {
	f.Add(npyOf("2, 1, 1", 1, 2))
	f.Add([]byte("\x93NUMPY\x03\x00\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readNPY(bytes.NewReader(b))
		if err != nil {
			return
		}
		if n := a.bytes(); n < 1 || a.at < 0 {
			t.Fatalf("%+v", a)
		}
		_, _ = a.images(nil)
		_, _ = a.labels(a.shape0())
	})
}

func (a *npy) shape0() int {
	if len(a.shape) == 0 {
		return 1
	}
	return a.shape[0]
}
