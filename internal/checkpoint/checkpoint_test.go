package checkpoint

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	inf = float32(math.Inf(1))
	nan = math.Float32frombits(0x7fc00000)
)

// golden is the content of testdata/golden.safetensors, which testdata/make.py writes.
func golden() *File {
	return &File{
		Tensors: []Tensor{
			{Name: "conv2d/kernel", Shape: []int{2, 2}, Data: []float32{1, -2.5, 0.1, 3e38}},
			{Name: "empty", Shape: []int{2, 0, 3}, Data: []float32{}},
			{Name: "scalar", Shape: []int{}, Data: []float32{42}},
			{Name: "größe <&>", Shape: []int{3}, Data: []float32{inf, -inf, nan}},
		},
		Metadata: map[string]string{"epoch": "3", "spec": "name: \"x\"\nlayers: <&>\n"},
	}
}

func encode(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, f.Tensors, f.Metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(raw []byte) (*File, error) { return Decode(bytes.NewReader(raw), int64(len(raw))) }

// wantSame compares bits, so that NaN equals NaN.
func wantSame(t testing.TB, got, want *File) {
	t.Helper()
	if len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("got %d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, w := range want.Tensors {
		g := got.Tensors[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) {
			t.Fatalf("tensor %d is %q %v, want %q %v", i, g.Name, g.Shape, w.Name, w.Shape)
		}
		if !slices.EqualFunc(g.Data, w.Data, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Fatalf("tensor %q holds %v, want %v", g.Name, g.Data, w.Data)
		}
	}
	if len(got.Metadata) != len(want.Metadata) {
		t.Fatalf("got metadata %q, want %q", got.Metadata, want.Metadata)
	}
	for k, w := range want.Metadata {
		if g, ok := got.Metadata[k]; !ok || g != w {
			t.Fatalf("metadata %q is %q, want %q", k, g, w)
		}
	}
}

// wantError checks that err contains each of the texts.
func wantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	long := make([]float32, 3*chunkSize/4+5) // more than one chunk, and a remainder
	for i := range long {
		long[i] = float32(i) * 0.37
	}
	ranks := make([]int, maxRank)
	for i := range ranks {
		ranks[i] = 1
	}
	for name, f := range map[string]*File{
		"all kinds":               golden(),
		"nothing":                 {},
		"metadata alone":          {Metadata: map[string]string{"": "", "a": "\x00\u2028\"\\"}},
		"more than a chunk":       {Tensors: []Tensor{{"a", []int{1}, []float32{7}}, {"long", []int{len(long)}, long}}},
		"a name without a letter": {Tensors: []Tensor{{"", []int{1}, []float32{7}}}},
		"the highest rank":        {Tensors: []Tensor{{"a", ranks, []float32{7}}}},
		"only empty tensors":      {Tensors: []Tensor{{"b", []int{0}, nil}, {"a", []int{0, 4}, nil}}},
		"empty between others":    {Tensors: []Tensor{{"c", []int{1}, []float32{1}}, {"b", []int{0}, nil}, {"a", nil, []float32{2}}}},
		"replacement character":   {Tensors: []Tensor{{"a\uFFFDb", nil, []float32{2}}}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.safetensors")
			if err := Write(path, f.Tensors, f.Metadata); err != nil {
				t.Fatal(err)
			}
			got, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, f)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(raw, encode(t, got)) {
				t.Error("what was read does not give the same bytes again")
			}
		})
	}
}

func TestGoldenBytes(t *testing.T) {
	path := filepath.Join("testdata", "golden.safetensors")
	raw := encode(t, golden())
	if *update {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("the bytes are not those of %s; files of older versions must stay readable:\n got %q\nwant %q", path, raw, want)
	}
	if start := len(raw) - 4*(4+1+3); start%8 != 0 {
		t.Errorf("data starts at byte %d, not at a multiple of 8", start)
	}
}

func TestNonFiniteValuesKeepTheirBits(t *testing.T) {
	var data []float32
	for _, bits := range []uint32{0x7fc00000, 0xffc00001, 0x7f800001, 0x7fffffff, 0x7f800000, 0xff800000, 0x80000000, 1} {
		data = append(data, math.Float32frombits(bits))
	}
	f := &File{Tensors: []Tensor{{"x", []int{len(data)}, data}}}
	got, err := decode(encode(t, f))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, f)
}

func TestFileOfThePythonLibraryIsRead(t *testing.T) {
	got, err := Read(filepath.Join("testdata", "python.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Tensor{
		"dense/kernel": {Shape: []int{2, 3}, Data: []float32{0, 0.25, 0.5, 0.75, 1, 1.25}},
		"scalar":       {Shape: []int{}, Data: []float32{-1.5}},
		"empty":        {Shape: []int{0, 3}},
		"größe":        {Shape: []int{3}, Data: []float32{inf, -inf, 0.1}},
		"half":         {Shape: []int{6}, Data: []float32{1, -2.5, 65504, 1.0 / (1 << 24), 3.0 / (1 << 20), inf}},
		"double":       {Shape: []int{2}, Data: []float32{0.1, 0}},
	}
	if len(got.Tensors) != len(want) {
		t.Errorf("got %d tensors, want %d", len(got.Tensors), len(want))
	}
	for name, w := range want {
		g, ok := got.Tensor(name)
		if !ok || !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.Data, w.Data) {
			t.Errorf("%s is %v %v, want %v %v", name, g.Shape, g.Data, w.Shape, w.Data)
		}
	}
	if _, ok := got.Tensor("absent"); ok {
		t.Error("a tensor that is not there was found")
	}
	if m := got.Metadata; m["framework"] != "numpy" || m["note"] != "a \"quoted\" text\nof two lines" {
		t.Errorf("metadata is %q", m)
	}
}

func TestTensorsNotFitToBeWrittenAreRefused(t *testing.T) {
	one := []float32{1}
	for name, c := range map[string]struct {
		tensors  []Tensor
		metadata map[string]string
		want     string
	}{
		"two of one name":         {[]Tensor{{"a", nil, one}, {"a", nil, one}}, nil, `tensor "a": there are two of this name`},
		"shape and data differ":   {[]Tensor{{"a", []int{2}, one}}, nil, `tensor "a": shape [2] needs 2 values, the data has 1`},
		"negative size":           {[]Tensor{{"a", []int{-1}, one}}, nil, "negative"},
		"too large a shape":       {[]Tensor{{"a", []int{math.MaxInt, 0}, nil}}, nil, "too large"},
		"too many dimensions":     {[]Tensor{{"a", make([]int, 65), nil}}, nil, "65 dimensions"},
		"the name of metadata":    {[]Tensor{{"__metadata__", nil, one}}, nil, "taken by the metadata"},
		"a name that is not text": {[]Tensor{{"a\xff", nil, one}}, nil, `tensor "a\xff": the name is not valid UTF-8`},
		"metadata key not text":   {nil, map[string]string{"\xff": ""}, "not valid UTF-8"},
		"metadata value not text": {nil, map[string]string{"a": "\xff"}, `metadata "a" is not valid UTF-8`},
		"our own digest":          {nil, map[string]string{"cnntrain.sha256": ""}, "choose another"},
		"our own format":          {nil, map[string]string{"cnntrain.format": ""}, "choose another"},
		"too long a header":       {nil, map[string]string{"a": strings.Repeat("x", maxHeader)}, "shorten the metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.safetensors")
			wantError(t, Write(path, c.tensors, c.metadata), path+": cannot write: ", c.want)
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was left")
			}
		})
	}
}
