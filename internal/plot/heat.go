package plot

import (
	"image"
	"image/color"
	"math"
)

// heatWidth is the minimum width of an image with a heat map, in pixels.
const heatWidth = 256

// Over draws heat [h,w] from 0 to 1 over an image: blue, green, yellow, red, half transparent.
// Heat is interpolated between the centres of its cells; a small image is enlarged to show this.
func Over(img image.Image, heat []float32, h, w int) image.Image {
	b := img.Bounds()
	scale := max(1, heatWidth/max(1, b.Dx()))
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()*scale, b.Dy()*scale))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			c := color.RGBAModel.Convert(img.At(b.Min.X+x/scale, b.Min.Y+y/scale)).(color.RGBA)
			v := bilinear(heat, h, w, (float64(y)+0.5)*float64(h)/float64(out.Rect.Dy())-0.5, (float64(x)+0.5)*float64(w)/float64(out.Rect.Dx())-0.5)
			over := heatColor(v)
			mix := func(below, above uint8) uint8 { return uint8((int(below) + int(above) + 1) / 2) }
			out.SetRGBA(x, y, color.RGBA{mix(c.R, over.R), mix(c.G, over.G), mix(c.B, over.B), 255})
		}
	}
	return out
}

// bilinear interpolates values [h,w] at a row and a column, which are clamped to the map.
func bilinear(values []float32, h, w int, row, column float64) float64 {
	row, column = min(max(row, 0), float64(h-1)), min(max(column, 0), float64(w-1))
	y, x := int(row), int(column)
	fy, fx := row-float64(y), column-float64(x)
	at := func(y, x int) float64 { return float64(values[min(y, h-1)*w+min(x, w-1)]) }
	return (1-fy)*((1-fx)*at(y, x)+fx*at(y, x+1)) + fy*((1-fx)*at(y+1, x)+fx*at(y+1, x+1))
}

// heatColor is the map "jet": blue at 0, green at 1/2, red at 1.
func heatColor(v float64) color.RGBA {
	channel := func(centre float64) uint8 {
		return uint8(255*min(max(1.5-4*math.Abs(v-centre), 0), 1) + 0.5)
	}
	return color.RGBA{channel(0.75), channel(0.5), channel(0.25), 255}
}
