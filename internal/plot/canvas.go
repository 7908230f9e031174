package plot

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The sizes of text, in points.
const (
	titleSize = 12
	textSize  = 9
	smallSize = 7.5
)

// The colours of series, by Okabe and Ito, the darkest and most distinct first.
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 255}, // blue
	{0xd5, 0x5e, 0x00, 255}, // vermilion
	{0x00, 0x9e, 0x73, 255}, // bluish green
	{0xcc, 0x79, 0xa7, 255}, // reddish purple
	{0xe6, 0x9f, 0x00, 255}, // orange
	{0x56, 0xb4, 0xe9, 255}, // sky blue
	{0x00, 0x00, 0x00, 255},
}

var (
	ink   = color.RGBA{0x20, 0x20, 0x20, 255}
	faint = color.RGBA{0xdd, 0xdd, 0xdd, 255}
	white = color.RGBA{255, 255, 255, 255}
)

// The alignments of text.
const (
	left   = text.XLeft
	centre = text.XCenter
	right  = text.XRight
)

// A canvas has x from the left and y from the top.
type canvas struct {
	draw.Canvas
	height vg.Length
	dots   float64 // dots per inch
}

// newCanvas returns c, filled with white.
func newCanvas(c draw.Canvas, dots float64) *canvas {
	p := &canvas{c, c.Max.Y, dots}
	p.rect(0, 0, c.Max.X, c.Max.Y, white)
	return p
}

func (c *canvas) rect(x, y, w, h vg.Length, fill color.Color) {
	c.FillPolygon(fill, []vg.Point{{X: x, Y: c.height - y}, {X: x + w, Y: c.height - y}, {X: x + w, Y: c.height - y - h}, {X: x, Y: c.height - y - h}})
}

func (c *canvas) line(style draw.LineStyle, x1, y1, x2, y2 vg.Length) {
	c.StrokeLine2(style, x1, c.height-y1, x2, c.height-y2)
}

// image fills the rectangle with img, each pixel a uniform square.
func (c *canvas) image(x, y, w, h vg.Length, img image.Image) {
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: x, Y: c.height - y - h}, Max: vg.Point{X: x + w, Y: c.height - y}}, enlarged(img, int(w.Dots(c.dots)+0.5), int(h.Dots(c.dots)+0.5)))
}

// area returns a rectangle of c for a chart.
func (c *canvas) area(x, y, w, h vg.Length) draw.Canvas {
	return draw.Canvas{Canvas: c.Canvas.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: x, Y: c.height - y - h}, Max: vg.Point{X: x + w, Y: c.height - y},
	}}
}

// text writes s, vertically centred at y.
func (c *canvas) text(x, y, size vg.Length, align text.XAlignment, fill color.Color, s string) {
	c.rotated(x, y, size, align, fill, s, 0)
}

// textUp writes s upwards, ending at height y.
func (c *canvas) textUp(x, y, size vg.Length, s string) {
	c.rotated(x, y, size, right, ink, s, math.Pi/2)
}

func (c *canvas) rotated(x, y, size vg.Length, align text.XAlignment, fill color.Color, s string, by float64) {
	style := textStyle(size, align)
	style.Color, style.Rotation = fill, by
	c.FillText(style, vg.Point{X: x, Y: c.height - y}, s)
}

// enlarged returns img scaled up to a size without interpolation; a larger image is left to
// the canvas.
func enlarged(img image.Image, w, h int) image.Image {
	b := img.Bounds()
	if b.Dx() >= w || b.Dy() >= h {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Set(x, y, img.At(b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h))
		}
	}
	return out
}
