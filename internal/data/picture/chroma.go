package picture

import (
	"image"
	"image/color"
)

// A plane is one component of an image. It may have fewer samples than the image has
// pixels, along x, along y or both; between these libjpeg interpolates ("fancy
// upsampling", jdsample.c), with 3/4 of the sample and 1/4 of its nearer neighbour.
type plane struct {
	at            func(x, y int) int32 // a sample
	width, height int                  // in samples, those that pad the last blocks left out
	halfX, halfY  bool
}

// value returns the plane at a pixel. Each pixel costs at most four samples, so that only
// those that are needed should be asked for.
func (p *plane) value(x, y int) int32 {
	switch {
	case p.halfX && p.halfY:
		c, n := nearest(x, p.width)
		round := int32(8 - x&1)
		return (3*p.column(c, y) + p.column(n, y) + round) >> 4
	case p.halfX:
		c, n := nearest(x, p.width)
		return (3*p.at(c, y) + p.at(n, y) + 1 + int32(x&1)) >> 2
	case p.halfY:
		return (p.column(x, y) + 1 + int32(y&1)) >> 2
	}
	return p.at(x, y)
}

// column returns four times the value at a column of samples, mixed along y.
func (p *plane) column(c, y int) int32 {
	r, n := nearest(y, p.height)
	return 3*p.at(c, r) + p.at(c, n)
}

// nearest returns the sample of n that position i lies in, and its nearer neighbour:
// beyond an edge the edge.
func nearest(i, n int) (sample, neighbour int) {
	sample = i / 2
	return sample, min(max(sample-1+i%2*2, 0), n-1)
}

// newPlane returns a plane of an image of size pixels that has one sample for
// acrossX times acrossY of them. Like libjpeg it repeats samples where there are at most
// two columns of pairs along x, and everywhere that is not half as fine.
func newPlane(pix []uint8, stride int, size image.Point, acrossX, acrossY int) *plane {
	p := &plane{width: (size.X-1)/acrossX + 1, height: (size.Y-1)/acrossY + 1}
	fancy := acrossX == 1 && acrossY == 2 || acrossX == 2 && acrossY <= 2 && p.width > 2
	if fancy {
		p.halfX, p.halfY = acrossX == 2, acrossY == 2
		p.at = func(x, y int) int32 { return int32(pix[y*stride+x]) }
	} else {
		p.at = func(x, y int) int32 { return int32(pix[y/acrossY*stride+x/acrossX]) }
	}
	return p
}

// across returns how many pixels along x and y share a sample of chroma.
func across(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// samplerOfJPEG returns the pixels of three planes: YCbCr, or RGB as it is.
func samplerOfJPEG(img *image.YCbCr, isRGB bool) sampler {
	acrossX, acrossY := across(img.SubsampleRatio)
	size := img.Rect.Size()
	cb := newPlane(img.Cb, img.CStride, size, acrossX, acrossY)
	cr := newPlane(img.Cr, img.CStride, size, acrossX, acrossY)
	return func(x, y int) [3]float32 {
		first, second, third := img.Y[y*img.YStride+x], uint8(cb.value(x, y)), uint8(cr.value(x, y))
		if !isRGB {
			first, second, third = color.YCbCrToRGB(first, second, third)
		}
		return [3]float32{float32(first), float32(second), float32(third)}
	}
}

// samplerOfCMYK returns the colours of four planes that Go's decoder has inverted and
// repeated where half is set. As in TensorFlow, samples are what is left of the light
// where Adobe's marker is there, and ink where it is not (adobe below 0). Above 0 the
// marker says that the first three are YCbCr.
func samplerOfCMYK(img *image.CMYK, half bool, adobe int) sampler {
	size := img.Rect.Size()
	var planes [4]*plane
	for k := range planes {
		share := 1
		if half && (k == 1 || k == 2) {
			share = 2
		}
		p := newPlane(nil, 0, size, share, share)
		step := 1 // pixels from sample to sample in the repeated plane
		if p.halfX {
			step = share
		}
		p.at = func(x, y int) int32 { return 255 - int32(img.Pix[step*y*img.Stride+4*step*x+k]) }
		planes[k] = p
	}
	return func(x, y int) [3]float32 {
		var v [4]uint8
		for k, p := range planes {
			v[k] = uint8(p.value(x, y))
		}
		if adobe > 0 {
			v[0], v[1], v[2] = color.YCbCrToRGB(v[0], v[1], v[2])
			v[0], v[1], v[2] = 255-v[0], 255-v[1], 255-v[2]
		}
		var pixel [3]float32
		for k := range pixel {
			c, black := int(v[k]), int(v[3])
			if adobe < 0 {
				c, black = 255-c, 255-black
			}
			pixel[k] = float32(c * black / 255)
		}
		return pixel
	}
}
