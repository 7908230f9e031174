package picture

import (
	"image"
	"image/color"
)

// samplerOf returns a sampler of img, whose bounds may start anywhere; x and y are
// positions in these bounds. For the types that the decoders usually return it avoids the
// slow At.
func samplerOf(img image.Image) sampler {
	switch img := img.(type) {
	case *image.NRGBA:
		return func(x, y int) [3]float32 { return rgb(img.Pix[img.PixOffset(x, y):]) }
	case *image.NRGBA64: // the high bytes, as libpng's png_set_strip_16
		return func(x, y int) [3]float32 {
			p := img.Pix[img.PixOffset(x, y):]
			return rgb([]uint8{p[0], p[2], p[4]})
		}
	case *image.Gray:
		return func(x, y int) [3]float32 {
			v := float32(img.Pix[img.PixOffset(x, y)])
			return [3]float32{v, v, v}
		}
	case *image.Paletted:
		colours := make([][3]float32, 256) // black for indices beyond the palette
		for i, c := range img.Palette {
			colours[i] = opaque(c)
		}
		return func(x, y int) [3]float32 { return colours[img.Pix[img.PixOffset(x, y)]] }
	}
	return func(x, y int) [3]float32 { return opaque(img.At(x, y)) }
}

func rgb(p []uint8) [3]float32 { return [3]float32{float32(p[0]), float32(p[1]), float32(p[2])} }

func opaque(c color.Color) [3]float32 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]float32{float32(n.R), float32(n.G), float32(n.B)}
}
