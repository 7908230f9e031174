package check

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"
)

// photo draws soft blobs of colour, others for each seed, on w x h pixels.
func photo(seed uint64, w, h int) *image.RGBA {
	r := random.New(seed)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var c [3]float64
			for b := range uint64(12) {
				dx, dy := float64(x)/float64(w)-r.Float64(5*b), float64(y)/float64(h)-r.Float64(5*b+1)
				v := 255 * math.Exp(-(dx*dx+dy*dy)/0.02)
				for k := range c {
					c[k] += v * r.Float64(5*b+2+uint64(k))
				}
			}
			img.SetRGBA(x, y, color.RGBA{uint8(min(c[0], 255)), uint8(min(c[1], 255)), uint8(min(c[2], 255)), 255})
		}
	}
	return img
}

func grey(img *image.RGBA) *image.Gray {
	out := image.NewGray(img.Rect)
	for i := range out.Pix {
		out.Pix[i] = img.Pix[4*i]
	}
	return out
}

func write(t *testing.T, file string, img image.Image, quality int) {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if quality > 0 {
		b.Reset()
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o777)
	}
	if err == nil {
		err = os.WriteFile(file, b.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCopiesAreFound(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for i := range uint64(30) {
		write(t, at(fmt.Sprintf("train/cat/%d.png", i)), photo(i, 96, 64), 0)
	}
	for i := range uint64(8) {
		write(t, at(fmt.Sprintf("train/dog/%d.jpg", i)), photo(100+i, 64, 96), 90)
		write(t, at(fmt.Sprintf("test/dog/%d.png", i)), photo(200+i, 64, 96), 0)
	}
	write(t, at("test/cat/same.png"), photo(3, 96, 64), 0)
	write(t, at("test/cat/half.png"), photo(4, 48, 32), 0)
	write(t, at("test/cat/saved.png"), photo(5, 96, 64), 50)
	write(t, at("train/dog/cat.png"), photo(6, 96, 64), 0)
	write(t, at("train/cat/twice.jpg"), photo(7, 96, 64), 60)
	write(t, at("train/cat/grey.png"), grey(photo(300, 96, 64)), 0)
	write(t, at("train/cat/small.png"), photo(301, 20, 16), 0)
	if err := os.WriteFile(at("train/cat/broken.png"), []byte("\x89PNG\r\n\x1a\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var problems spec.Problems
	set, _ := dataset.Datasets.Decode(&spec.Item{Name: dir, Pos: spec.Pos{File: "test"}}, &problems)
	var seen Seen
	d, err := set.Load(t.Context(), dataset.Source{Seen: seen.Add})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil { // no file is read twice
		t.Fatal(err)
	}
	r, err := Dataset(t.Context(), d, &seen, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := func(all []Copies) string {
		var lines []string
		for _, c := range all {
			line := fmt.Sprint(c.Exact)
			for _, m := range c.Images {
				line += " " + m.File
			}
			lines = append(lines, line)
		}
		return "\n" + strings.Join(slices.Sorted(slices.Values(lines)), "\n")
	}
	for what, c := range map[string]struct{ got, want string }{
		"between splits": {said(r.Leaks), `
false train/cat/4.png test/cat/half.png
false train/cat/5.png test/cat/saved.png
true train/cat/3.png test/cat/same.png`},
		"between classes": {said(r.Labels), "\ntrue train/cat/6.png train/dog/cat.png"},
		"within":          {said(r.Repeated), "\nfalse train/cat/7.png train/cat/twice.jpg"},
		"the rest": {fmt.Sprint(r.Images, " ", r.Tiny, " ", r.Only, " ", len(r.Grey), r.Grey[0].File, " ", len(r.Small), r.Small[0].File, " ", len(r.Damaged), " ", r.Leaked(), " ", r.Kinds(), ", ", r.Sizes()),
			"53 [{dog 9}] [] 1train/cat/grey.png 1train/cat/small.png 1 3 10 JPEG, 43 PNG, 20x16 (train/cat/small.png) to 96x64 (train/dog/cat.png), median 96x64"},
	} {
		if c.got != c.want && strings.TrimSpace(c.got) != c.want {
			t.Errorf("%s: got %s, want %s", what, c.got, c.want)
		}
	}
}
