package plot

import (
	"image"
	"image/color"
	"testing"
)

func TestHeatIsInterpolatedBetweenItsCells(t *testing.T) {
	heat := []float32{0, 1, 0.5, 0}
	for _, c := range []struct{ row, column, want float64 }{
		{0, 0, 0}, {0, 1, 1}, {1, 0, 0.5}, {0.5, 0.5, 0.375}, {-1, 9, 1}, {0, 0.25, 0.25},
	} {
		if got := bilinear(heat, 2, 2, c.row, c.column); got != c.want {
			t.Errorf("row %v, column %v: %v, want %v", c.row, c.column, got, c.want)
		}
	}
}

func TestHeatLiesOverTheImage(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 4, 2))
	for i := range img.Pix {
		img.Pix[i] = 100
	}
	out := Over(img, []float32{0, 1}, 1, 2)
	if out.Bounds() != image.Rect(0, 0, 256, 128) {
		t.Errorf("%v", out.Bounds())
	}
	// Halfway between grey and the dark blue of 0, and the dark red of 1.
	for x, want := range map[int]color.RGBA{0: {50, 50, 114, 255}, 255: {114, 50, 50, 255}} {
		if got := out.At(x, 0); got != want {
			t.Errorf("column %d: %v, want %v", x, got, want)
		}
	}
}
