package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

// examples is one picture of each kind, with what is hard: one point, a number that
// is none, no class that was met, long names, names that are markup.
func examples() map[string]*Picture {
	names := []string{"cat", "a name that is far too long for the room it has in any picture", "<script>alert(1)</script> & \"more\""}
	img := Image([]float32{0, 255, 128, 64}, 2, 2, 1, 0, 255)
	var layers []Layer
	for i := range 40 {
		layers = append(layers, Layer{Name: fmt.Sprint("conv2d_", i), Detail: "3x3 kernel", Shape: "32x32x64", Params: "36,928", Kind: Kind(i % 7)})
	}
	return map[string]*Picture{
		"curves": Curves(
			Chart{Title: "loss", X: "epoch", Series: []Series{{Name: names[1], X: []float64{1, 2, 3}, Y: []float64{1, math.NaN(), 2}, Marks: []float64{3}}, {Name: names[2], Group: 9, Thin: true, X: []float64{1}, Y: []float64{1}}}},
			Chart{Title: "empty"}, Chart{Title: "rate", Log: true, Series: []Series{{X: []float64{1e-5, 1e-2}, Y: []float64{1, 2}}}}),
		"confusion":    Confusion(names, [][]int{{5, 1, 0}, {0, 0, 0}, {1, 2, 3}}),
		"classes":      Classes([]Class{{names[0], 0.5, 1}, {names[1], 0, 0}, {names[2], 1, 0.25}}),
		"sheet":        Contact(&Sheet{Title: names[2], Columns: []string{"original", names[1]}, Split: 1, Rows: []SheetRow{{names[1], []image.Image{img, img}}, {"", []image.Image{img}}}}),
		"one row":      Contact(&Sheet{Rows: []SheetRow{{"", []image.Image{img}}}}),
		"architecture": Architecture(names[2], layers),
		"one layer":    Architecture("", layers[:1]),
	}
}

func TestPicturesAreWrittenAsPNG(t *testing.T) {
	for name, p := range examples() {
		var b, again bytes.Buffer
		if err := p.Write(&b, PNG); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Write(&again, PNG); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: not the same twice (%v)", name, err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := img.Bounds().Dx(), p.width.Dots(dpi); math.Abs(float64(got)-want) > 1 {
			t.Errorf("%s: %d pixels wide, want %v", name, got, want)
		}
		colors := map[color.Color]bool{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				colors[img.At(x, y)] = true
			}
		}
		if len(colors) < 3 {
			t.Errorf("%s: nothing is drawn", name)
		}
	}
}

func TestPicturesAreWrittenAsSVG(t *testing.T) {
	for name, p := range examples() {
		var b bytes.Buffer
		if err := p.Write(&b, SVG); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(b.String(), "<script") {
			t.Errorf("%s: a name became markup", name)
		}
		for d := xml.NewDecoder(&b); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestFormatOf(t *testing.T) {
	for file, want := range map[string]Format{"a.png": PNG, "b/c.SVG": SVG, "x.yaml": "", "png": ""} {
		if got, err := FormatOf(file); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}

func TestImage(t *testing.T) {
	img := Image([]float32{-1, 1, 0, 5, -1, -1}, 1, 2, 3, -1, 1)
	if got, want := fmt.Sprint(img.At(0, 0), img.At(1, 0)), "{0 255 128 255} {255 0 0 255}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFiltersShareOneScale(t *testing.T) {
	// Two filters of 1x1 on three channels; the largest weight is -2.
	images := Filters([]float32{-2, 1, 0, 1, 2, 0}, 1, 1, 3, 2)
	if got, want := fmt.Sprint(images[0].At(0, 0), images[1].At(0, 0)), "{0 128 255 255} {191 191 128 255}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Of channels that are no colours, the mean.
	if got, want := fmt.Sprint(Filters([]float32{2, 0}, 1, 1, 2, 1)[0].At(0, 0)), "{255 255 255 255}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLegendHasEachNameOnceAndBreaksLines(t *testing.T) {
	one := Series{Name: "one"}
	entries := legendOf([]Chart{{Series: []Series{one, {}}}, {Series: []Series{one, {Name: "two"}}}})
	if len(entries) != 2 {
		t.Errorf("%d entries", len(entries))
	}
	if rows := flow(entries, 10); len(rows) != 2 {
		t.Errorf("%d rows where each entry is too wide", len(rows))
	}
	if rows := flow(entries, 1000); len(rows) != 1 {
		t.Errorf("%d rows where both fit", len(rows))
	}
}

func TestShortenedTextFits(t *testing.T) {
	for _, s := range []string{"cat", strings.Repeat("mañana ", 40), ""} {
		if got := shorten(textSize, 50, s); textWidth(textSize, got) > 50 {
			t.Errorf("%q is too wide", got)
		}
	}
	if got := shorten(textSize, 50, "cat"); got != "cat" {
		t.Errorf("%q was cut", got)
	}
}
