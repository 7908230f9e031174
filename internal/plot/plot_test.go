package plot

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// examples is one picture of each kind, with difficult cases: a single point, NaN, classes
// without predictions, long names, names that are markup.
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
		"sheet":        Contact(&Sheet{Title: names[2], Columns: []string{"original", names[1]}, Split: 1, Rows: []SheetRow{{names[1:], []image.Image{img, img}}, {nil, []image.Image{img}}}}),
		"one row":      Contact(&Sheet{Rows: []SheetRow{{nil, []image.Image{img}}}}),
		"architecture": Architecture(names[2], layers),
		"branches": Architecture("branches", []Layer{
			{Name: "input"}, {Name: "stem"},
			{Name: "add", Paths: []Path{{Layers: layers[:20]}, {}}},
			{Name: names[1], Paths: []Path{{From: names[2]}, {From: "stem", Layers: layers[:1]}, {Layers: []Layer{{Name: "inner", Paths: []Path{{}, {}}}}}}},
			{Name: "last", Paths: []Path{{From: "stem"}, {From: "add"}}},
		}),
		"a branch only": Architecture("", []Layer{{Name: "add", Paths: []Path{{}, {}}}}),
		"one layer":     Architecture("", layers[:1]),
		"no layer":      Architecture("empty", nil),
		"no chart":      Curves(),
		"no row":        Contact(&Sheet{Title: "nothing"}),
		"edges of curves": Curves(ofY(math.NaN(), math.Inf(1)), ofY(3, 3), ofY(-1e308, 1e308, 3.4e38), ofY(1, 1+1e-15),
			ofY(0, 5e-324), ofY(math.NaN(), 5), Chart{Log: true}, Chart{Log: true, Series: []Series{{X: []float64{0, -1, 1e-3}, Y: []float64{1, 2, 3}}}}),
	}
}

// ofY is a chart of one curve over epochs.
func ofY(y ...float64) Chart {
	s := Series{Y: y}
	for i := range y {
		s.X = append(s.X, float64(i+1))
	}
	return Chart{Series: []Series{s}}
}

func TestPicturesAreWrittenAsPNG(t *testing.T) {
	for name, p := range examples() {
		var b, again bytes.Buffer
		if err := p.Write(t.Context(), &b, PNG); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Write(t.Context(), &again, PNG); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: not the same twice (%v)", name, err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := img.Bounds().Dx(), p.layout().width.Dots(dpi); math.Abs(float64(got)-want) > 1 {
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
		if err := p.Write(t.Context(), &b, SVG); err != nil {
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

// inkOf draws a picture and returns the rectangle that is not white. Its border must be
// white, otherwise something is clipped.
func inkOf(t *testing.T, p *Picture) (ink image.Rectangle) {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(t.Context(), &b, PNG); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	whole := img.Bounds()
	pixels := image.NewRGBA(whole)
	draw.Draw(pixels, whole, img, image.Point{}, draw.Src)
	blank := bytes.Repeat([]byte{255}, 4*whole.Dx())
	for y := range whole.Dy() {
		row := pixels.Pix[y*pixels.Stride:][:len(blank)]
		if bytes.Equal(row, blank) {
			continue
		}
		first := slices.IndexFunc(row, func(v byte) bool { return v < 255 })
		last := len(row) - 1
		for row[last] == 255 {
			last--
		}
		ink = ink.Union(image.Rect(first/4, y, last/4+1, y+1))
	}
	if !ink.In(whole.Inset(2)) {
		t.Errorf("%v is drawn in a picture of %v", ink, whole)
	}
	return ink
}

func TestNothingIsCut(t *testing.T) {
	for name, p := range examples() {
		t.Run(name, func(t *testing.T) { inkOf(t, p) })
	}
	for _, n := range []int{0, 1, 2, 3, 10, 26, 60, 61, 1000} {
		for _, long := range []string{"", strings.Repeat(" Labrador", 12)} {
			counts, names, classes := make([][]int, n), make([]string, n), make([]Class, n)
			for i := range n {
				names[i] = fmt.Sprint(i, long)
				counts[i] = make([]int, n)
				counts[i][i], counts[i][n-1-i] = 100000, 1+i
				classes[i] = Class{names[i], float64(i) / float64(n), 1}
			}
			t.Run(fmt.Sprintf("%d classes%.9s", n, long), func(t *testing.T) {
				start := time.Now()
				inkOf(t, Confusion(names, counts))
				inkOf(t, Classes(classes))
				if took := time.Since(start); took > 20*time.Second { // it used to take 67 s
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

func TestManyClassesShowTheMostConfused(t *testing.T) {
	counts := make([][]int, 1000)
	for i := range counts {
		counts[i] = make([]int, len(counts))
		counts[i][i] = 9
	}
	shown, title := shownInConfusion(counts)
	if len(shown) != 60 || shown[59] != 59 || title != "confusion matrix: the first 60 of 1000 classes, none of which is confused" {
		t.Errorf("%d classes, %s", len(shown), title)
	}
	counts[7][900], counts[900][7], counts[3][4] = 1, 1, 1
	shown, title = shownInConfusion(counts)
	if fmt.Sprint(shown) != "[3 4 7 900]" || title != "confusion matrix: the 4 of 1000 classes confused most often" {
		t.Errorf("%v, %s", shown, title)
	}
	for i := range 200 { // pairs of 100+i and 500+i, the last ones worst
		counts[100+i][500+i] = 10 + i
	}
	shown, title = shownInConfusion(counts)
	if len(shown) != 60 || shown[0] != 270 || shown[59] != 699 || title != "confusion matrix: the 60 of 1000 classes confused most often" {
		t.Errorf("%v, %s", shown, title)
	}
	if shown, title = shownInConfusion(counts[:60]); len(shown) != 60 || title != "confusion matrix" {
		t.Errorf("%v, %s", shown, title)
	}
}

func TestManyClassesShowTheLowestRecall(t *testing.T) {
	nan := math.NaN()
	got := lowestRecall([]Class{{"a", nan, 0}, {"b", 1, 0}, {"c", 0, 0}, {"d", 0.5, nan}, {"e", 1, 0}}, 3)
	if len(got) != 3 || got[0].Name != "b" || got[1].Name != "c" || got[2].Name != "d" {
		t.Errorf("got %v", got)
	}
}

func TestDrawingHeedsItsContext(t *testing.T) {
	forever := make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	start := time.Now()
	err := (&Picture{func() drawing { <-forever; return drawing{} }}).Write(ctx, io.Discard, PNG)
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("%v after %v", err, took)
	}
	// The output is not a picture then, whatever was drawn.
	if err := Curves().Write(ctx, io.Discard, SVG); !errors.Is(err, context.Canceled) {
		t.Errorf("written: %v", err)
	}
}

func TestWhatCannotBeDrawnIsAnError(t *testing.T) {
	for name, p := range map[string]*Picture{
		"a panic": {func() drawing { panic("gonum") }},
		"no size": {func() drawing { return drawing{draw: func(*canvas) {}} }},
	} {
		if err := p.Write(t.Context(), io.Discard, PNG); err == nil || !strings.Contains(err.Error(), "cannot be drawn") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHugePicturesAreCoarser(t *testing.T) {
	var b bytes.Buffer
	p := &Picture{func() drawing { return drawing{20000, 10000, func(*canvas) {}} }}
	if err := p.Write(t.Context(), &b, PNG); err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(&b); err != nil || c.Width*c.Height > maxPixels || c.Width < 7000 {
		t.Errorf("%v, %v", c, err)
	}
}

func TestImagesKeepTheirProportions(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 60, 20)) // transparent, because only the size matters
	s := &Sheet{Rows: []SheetRow{{Images: []image.Image{img, image.NewRGBA(image.Rect(0, 0, 20, 60))}}}}
	for i, want := range []vg.Point{{X: 48, Y: 16}, {X: 16, Y: 48}} {
		if w, h := s.sizeOf(s.Rows[0].Images[i]); w != want.X || h != want.Y {
			t.Errorf("%v x %v, want %v", w, h, want)
		}
	}
	s.Rows[0].Images = s.Rows[0].Images[:1]
	if w, h := s.cell(); w != 48 || h != 16 {
		t.Errorf("a cell of %v x %v for one wide image", w, h)
	}
	ink := inkOf(t, Contact(&Sheet{Rows: []SheetRow{{Images: []image.Image{Image(make([]float32, 60*20), 20, 60, 1, 0, 255)}}}}))
	if ink.Dx() != 96 || ink.Dy() != 32 {
		t.Errorf("drawn in %v", ink)
	}
}

func TestGroupsLookDifferent(t *testing.T) {
	seen := map[string]int{}
	for group := range 98 {
		s := Series{Group: group}
		sign, _ := s.sign()
		look := fmt.Sprintf("%v %v %T", s.line().Color, s.line().Dashes, sign.Shape)
		if other, ok := seen[look]; ok {
			t.Errorf("groups %d and %d look the same: %s", other, group, look)
		}
		seen[look] = group
	}
}

func TestThinnedCurvesKeepPeaks(t *testing.T) {
	points := make(plotter.XYs, 100_000)
	for i := range points {
		points[i].X = float64(i)
	}
	points[31415].Y, points[27182].Y = 1, -1
	kept := thinned(points)
	if len(kept) > manyPoints || !slices.Contains(kept, points[31415]) || !slices.Contains(kept, points[27182]) {
		t.Errorf("%d of %d points", len(kept), len(points))
	}
	if got := thinned(points[:manyPoints]); len(got) != manyPoints {
		t.Errorf("%d points of %d", len(got), manyPoints)
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
	// The mean over channels that are not colours.
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
