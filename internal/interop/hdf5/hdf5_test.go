package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// listing formats a tree as lines, ordered by name.
func listing(t *testing.T, g *Group, path string) (lines []string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(g.Attributes)) {
		lines = append(lines, fmt.Sprintf("%s@%s %q", path, name, g.Attributes[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(g.Datasets)) {
		d := g.Datasets[name]
		values, err := d.Float32s()
		if err != nil {
			t.Errorf("%s%s: %v", path, name, err)
		}
		lines = append(lines, fmt.Sprintf("%s%s %v %v", path, name, d.Shape, values))
	}
	for _, name := range slices.Sorted(maps.Keys(g.Groups)) {
		lines = append(append(lines, path+name+"/"), listing(t, g.Groups[name], path+name+"/")...)
	}
	return lines
}

func encoded(t *testing.T, g *Group) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (*Group, error) { return Read(bytes.NewReader(b), int64(len(b))) }

// wide is a tree with more members than a symbol node or a tree node of the default size
// holds, and more texts than a heap.
func wide() *Group {
	root := NewGroup()
	root.Attributes["config"] = strings.Repeat(`{"ключ": 1}`, 20_000)
	root.Attributes["none"] = []string{}
	root.Attributes["empty"] = ""
	many := root.Make("many")
	for i := range 300 {
		layer := many.Make(fmt.Sprint("layer", i))
		layer.Attributes["names"] = slices.Repeat([]string{"kernel", ""}, 105)
		layer.Datasets["kernel"] = NewDataset([]int{1, 3}, []float32{1, 2, float32(i)})
	}
	many.Datasets["nothing"] = NewDataset([]int{0, 2}, nil)
	return root
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	root := wide()
	b := encoded(t, root)
	if again := encoded(t, root); !bytes.Equal(b, again) {
		t.Error("the same tree gives other bytes")
	}
	got, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(listing(t, got, "/"), listing(t, root, "/")) {
		t.Error("what was read is not what was written")
	}
}

// Of floats of two bytes only the binary16 is read, not the bfloat16 that HDF5 2.0 has.
func TestFloatsOfOtherFormatsAreNotRead(t *testing.T) {
	root := NewGroup()
	root.Datasets["x"] = NewDataset([]int{1}, []float32{1})
	b := encoded(t, root)
	at := bytes.Index(b, float32Type)
	b[at+4], b[at+10], b[at+13], b[at+15] = 2, 16, 5, 10
	for exponent, want := range map[byte]string{5: "", 8: "its values are no floats of 16, 32 or 64 bits"} {
		b[at+13], b[at+15] = exponent, 15-exponent
		got, err := read(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := got.Datasets["x"].Float32s(); (err != nil) != (want != "") || err != nil && err.Error() != want {
			t.Errorf("an exponent of %d bits: got %v, want %s", exponent, err, want)
		}
	}
}

func TestWhatCannotBeStoredIsAnError(t *testing.T) {
	for want, change := range map[string]func(*Group){
		`a: "b/c" cannot be the name`:    func(g *Group) { g.Make("a").Make("b/c") },
		`both called "a"`:                func(g *Group) { g.Make("a"); g.Datasets["a"] = NewDataset(nil, []float32{1}) },
		`attribute "x": a int`:           func(g *Group) { g.Attributes["x"] = 1 },
		`list of 5000 texts is too long`: func(g *Group) { g.Attributes["x"] = make([]string, 5000) },
	} {
		g := NewGroup()
		change(g)
		if err := Write(&bytes.Buffer{}, g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A truncated file and one with a flipped byte give an error or a tree, without a panic.
func TestDamageIsFoundOrHarmless(t *testing.T) {
	for _, b := range samples(t) {
		for n := 0; n < len(b); n += 1 + len(b)/100 {
			if _, err := read(b[:n]); err == nil && n < len(b)/2 {
				t.Errorf("%d of %d bytes read as a whole file", n, len(b))
			}
		}
		for i := 0; i < len(b); i += 1 + len(b)/400 {
			flipped := slices.Clone(b)
			flipped[i] ^= 0xff
			readAll(read(flipped))
		}
	}
}

// readAll reads all values below g, ignoring errors.
func readAll(g *Group, err error) {
	if err != nil {
		return
	}
	for _, d := range g.Datasets {
		_, _ = d.Float32s()
	}
	for _, child := range g.Groups {
		readAll(child, nil)
	}
}

// samples is files written by Keras, and one of ours.
func samples(t testing.TB) (files [][]byte) {
	paths, err := filepath.Glob("../testdata/keras/*.h5")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	small := NewGroup()
	small.Attributes["names"] = []string{"a", "b"}
	small.Make("group").Datasets["x"] = NewDataset([]int{2}, []float32{1, 2})
	var b bytes.Buffer
	if err := Write(&b, small); err != nil {
		t.Fatal(err)
	}
	return append(files, b.Bytes())
}

type brokenDisk struct{}

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, errors.New("broken disk") }

func TestAnErrorOfTheDiskIsReported(t *testing.T) {
	if _, err := Read(brokenDisk{}, 1000); err == nil || !strings.Contains(err.Error(), "broken disk") {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) { readAll(read(b)) })
}
