package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"path/filepath"
	"slices"
	"testing"
)

// idxFile returns an IDX file whose bytes repeat 0 to 9.
func idxFile(dims ...int) []byte {
	b, size := []byte{0, 0, 8, byte(len(dims))}, 1
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
		size *= d
	}
	for i := range size {
		b = append(b, byte(i%10))
	}
	return b
}

func gzipped(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// smallIDX is a set of 12 and 3 examples, and its files.
func smallIDX() (*idxSet, [][]byte) {
	s := &idxSet{name: "tiny", classes: digits, sizes: [2]int{12, 3}}
	for i, name := range []string{"a.gz", "b.gz", "c.gz", "d.gz"} {
		s.files[i].url = "https://example.com/" + name
	}
	return s, [][]byte{idxFile(12, 28, 28), idxFile(12), idxFile(3, 28, 28), idxFile(3)}
}

func TestIDXIsReadPlainOrGzipped(t *testing.T) {
	set, files := smallIDX()
	top := t.TempDir()
	for i, name := range []string{"a", "b.gz", "c.gz", "d"} {
		b := files[i]
		if name[1:] == ".gz" {
			b = gzipped(t, b)
		}
		write(t, filepath.Join(top, "tiny", name), b)
	}
	for _, dir := range []string{top, filepath.Join(top, "tiny")} {
		d := mustLoad(t, set, Source{Dir: dir, Offline: true})
		checkData(t, d)
		x := make([]float32, 28*28)
		if err := d.Train.Image(x, 11); err != nil || d.Train.Len() != 12 || d.Test.Len() != 3 {
			t.Errorf("%d and %d examples, %v", d.Train.Len(), d.Test.Len(), err)
		}
		if d.Train.Label(11) != 1 || x[0] != float32(11*28*28%10) || x[783] != float32((12*28*28-1)%10) {
			t.Errorf("label %d, pixels %g to %g", d.Train.Label(11), x[0], x[783])
		}
	}
}

func TestIDXIsDownloadedFileByFile(t *testing.T) {
	set, files := smallIDX()
	s := newServer(t)
	top := t.TempDir()
	for i, name := range []string{"a.gz", "b.gz", "c.gz"} {
		write(t, filepath.Join(top, "tiny", name), gzipped(t, files[i]))
	}
	s.body = gzipped(t, files[3])
	set.files[3] = remoteOf(s.body, s.url)
	checkData(t, mustLoad(t, set, Source{Dir: top, Client: s.Client()}))
	mustHold(t, filepath.Join(top, "tiny"), "a.gz", "b.gz", "c.gz", "file.tar.gz")
	if len(s.asked) != 1 {
		t.Errorf("asked %q", s.asked)
	}
}

func TestDamagedIDXNamesFilePlaceAndFix(t *testing.T) {
	labels := idxFile(12)
	change := func(at int, v byte) []byte {
		b := slices.Clone(labels)
		b[at] = v
		return b
	}
	packed := gzipped(t, labels)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":         {nil, "byte 0 of the header"},
		"no IDX file":   {change(2, 9), "starts with 00 00 09 01"},
		"other size":    {change(7, 13), "size 0 is 13, should be 12"},
		"short":         {labels[:len(labels)-1], "at byte 19"},
		"long":          {append(slices.Clone(labels), 0), "after byte 20"},
		"label":         {change(10, 10), "label 10 of example 2"},
		"no gzip":       {labels, "no gzip file"},
		"cut gzip":      {packed[:len(packed)-9], "is damaged"},
		"gzip checksum": {append(packed[:len(packed)-8:len(packed)-8], 1, 2, 3, 4, 12, 0, 0, 0), "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			set, files := smallIDX()
			top := t.TempDir()
			path := filepath.Join(top, "tiny", "b")
			if bytes.Contains([]byte(name), []byte("gzip")) {
				path += ".gz"
			}
			write(t, path, c.content)
			write(t, filepath.Join(top, "tiny", "a"), files[0])
			_, err := set.Load(context.Background(), Source{Dir: top, Offline: true})
			mustFail(t, err, path, c.want)
		})
	}
	set, _ := smallIDX()
	_, err := set.Load(context.Background(), Source{Dir: t.TempDir(), Offline: true})
	mustFail(t, err, "a.gz is missing", "data fetch", "--data-dir")
}

func TestRealMNIST(t *testing.T) {
	d := mustLoad(t, Datasets.Entry("mnist").New(nil), Source{Dir: realData(t, "mnist"), Offline: true})
	if d.Train.Len() != 60_000 || d.Test.Len() != 10_000 {
		t.Errorf("%d and %d examples", d.Train.Len(), d.Test.Len())
	}
	counts := make([]int, 10)
	for i := range d.Test.Len() {
		counts[d.Test.Label(i)]++
	}
	if want := []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}; !slices.Equal(counts, want) {
		t.Errorf("%v of each class, want %v", counts, want)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idxFile(3, 28, 28))
	f.Add(idxFile(3))
	f.Add([]byte{0, 0, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, dims := range [][]int{{3}, {3, 28, 28}, {0}} {
			content, err := decodeIDX(bytes.NewReader(b), dims)
			if err == nil && !bytes.HasSuffix(b, content) {
				t.Fatalf("%d bytes of %d", len(content), len(b))
			}
		}
	})
}
