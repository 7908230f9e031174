package dataset

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

// decode decodes text as the dataset of a spec.
func decode(text string) (Dataset, error) {
	var problems spec.Problems
	doc := "name: x\ninput: [4, 4, 3]\ndata:\n  dataset: " + text + "\nlayers: [flatten]\n"
	s := spec.Parse("x.yaml", []byte(doc), nil, &problems)
	var d Dataset
	catalog.DecodeSection(s.Data, &problems, func(o *catalog.Options) {
		catalog.Thing(o, Datasets, &d, "dataset", "", "").Required()
	})
	return d, problems.Err()
}

func TestEveryExampleDecodes(t *testing.T) {
	for _, name := range Datasets.Names() {
		e := Datasets.Entry(name)
		text := e.Example
		if strings.Contains(text, ": ") {
			text = "{" + text + "}"
		}
		if _, err := decode(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPathStandsForImageFolder(t *testing.T) {
	for _, c := range []struct {
		text string
		want imageFolder
		err  string
	}{
		{text: "./photos", want: imageFolder{path: "./photos", testSplit: 0.2, dct: "accurate"}},
		{text: "/data/photos", want: imageFolder{path: "/data/photos", testSplit: 0.2, dct: "accurate"}},
		{text: "{./photos: {test_split: 0.5}}", want: imageFolder{path: "./photos", testSplit: 0.5, dct: "accurate"}},
		{text: "{./photos: }", want: imageFolder{path: "./photos", testSplit: 0.2, dct: "accurate"}},
		{text: "..", want: imageFolder{path: "..", testSplit: 0.2, dct: "accurate"}},
		{text: `a\b`, want: imageFolder{path: `a\b`, testSplit: 0.2, dct: "accurate"}},
		{text: "{./photos: 0.1}", err: "./photos: must be followed by a mapping of the options of image_folder, or by nothing, got 0.1"},
		{text: "{image_folder: photos}", want: imageFolder{path: "photos", testSplit: 0.2, dct: "accurate"}},
		{text: "photos", err: `unknown dataset "photos"`},
		{text: "{./photos: {crop_to_aspect_ratio: true}}", want: imageFolder{path: "./photos", testSplit: 0.2, crop: true, dct: "accurate"}},
		{text: "{./photos: {split: 0.5}}", err: `unknown option "split"`},
		{text: "{./photos: {test_split: 1}}", err: `"test_split" must be`},
	} {
		t.Run(c.text, func(t *testing.T) {
			d, err := decode(c.text)
			switch {
			case c.err != "":
				mustFail(t, err, c.err)
			case err != nil:
				t.Fatal(err)
			case !reflect.DeepEqual(*d.(*imageFolder), c.want):
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestPathOfAFileStandsForWhatItsEndingSays(t *testing.T) {
	csv := func(path string, split float64) imageCSV {
		return imageCSV{imageFolder{path: path, testSplit: split, dct: "accurate"}, "|"}
	}
	for text, want := range map[string]any{
		"labels.csv":                         csv("labels.csv", 0.2),
		"./a/B.TSV":                          csv("./a/B.TSV", 0.2),
		"{./labels.csv: {test_split: 0.5}}":  csv("./labels.csv", 0.5),
		"{image_csv: {path: labels.txt}}":    csv("labels.txt", 0.2),
		"mnist.npz":                          npz{"mnist.npz"},
		"/data/x.NPZ":                        npz{"/data/x.NPZ"},
		"./photos.csv/":                      imageFolder{path: "./photos.csv/", testSplit: 0.2, dct: "accurate"},
		"{image_folder: {path: photos.csv}}": imageFolder{path: "photos.csv", testSplit: 0.2, dct: "accurate"},
	} {
		d, err := decode(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := reflect.ValueOf(d).Elem().Interface(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// mustFail checks that err contains each of want.
func mustFail(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// checkData checks the invariants of a loaded dataset, reading each image twice,
// concurrently.
func checkData(t *testing.T, d *Data) {
	t.Helper()
	if len(d.Digest) != 64 {
		t.Errorf("digest %q", d.Digest)
	}
	pixels := d.Shape[0] * d.Shape[1] * d.Shape[2]
	for _, ex := range []Examples{d.Train, d.Test} {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				x := make([]float32, pixels)
				for i := range ex.Len() {
					if l := ex.Label(i); l < 0 || l >= len(d.Classes) {
						t.Errorf("label %d of %d classes", l, len(d.Classes))
					}
					if err := ex.Image(x, i); err != nil {
						t.Error(err)
					}
					for _, v := range x {
						if v < 0 || v > 255 {
							t.Errorf("image %d has pixel %v", i, v)
							return
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

func mustLoad(t *testing.T, d Dataset, src Source) *Data {
	t.Helper()
	data, err := d.Load(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write writes a file of a test and creates its folders.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
