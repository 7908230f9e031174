package plot

import (
	"image"
	"image/color"
)

// Image converts pixels [h,w,channels] to an image, with low as black and high as white.
// One channel is greyscale, three are red, green and blue; of other numbers only the first
// is shown.
func Image(pixels []float32, h, w, channels int, low, high float32) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		at := func(c int) uint8 {
			v := (pixels[i*channels+c] - low) / (high - low) * 255
			return uint8(min(max(v, 0), 255) + 0.5)
		}
		p := color.RGBA{at(0), at(0), at(0), 255}
		if channels == 3 {
			p.G, p.B = at(1), at(2)
		}
		img.SetRGBA(i%w, i/w, p)
	}
	return img
}

// Filters converts each filter of a convolution's kernel [h,w,channels,filters] to an
// image, on one common scale with zero as grey. If channels are not colours, a filter is
// averaged over them.
func Filters(kernel []float32, h, w, channels, filters int) []image.Image {
	shown := channels
	if channels != 3 {
		shown = 1
	}
	images := make([][]float32, filters)
	var largest float32
	for f := range images {
		images[f] = make([]float32, h*w*shown)
		for i := range h * w * channels {
			v := kernel[i*filters+f] / float32(channels/shown)
			j := i
			if shown == 1 {
				j = i / channels
			}
			images[f][j] += v
		}
		for _, v := range images[f] {
			largest = max(largest, v, -v)
		}
	}
	largest = max(largest, 1e-12)
	out := make([]image.Image, filters)
	for f, p := range images {
		out[f] = Image(p, h, w, shown, -largest, largest)
	}
	return out
}
