package picture

import "image"

// A plane is one component of an image. It may be subsampled along x, y or both. Like
// libjpeg ("fancy upsampling", jdsample.c) we interpolate between samples: 3/4 of the
// nearest sample plus 1/4 of the next nearest.
type plane struct {
	at            func(x, y int) int32 // one byte per sample
	width, height int                  // in samples, without the padding of the last blocks
	halfX, halfY  bool
}

// value returns the plane at a pixel. It reads up to four samples, so callers should ask
// only for the pixels they need.
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

// column returns four times the value at a column of samples, interpolated along y.
func (p *plane) column(c, y int) int32 {
	r, n := nearest(y, p.height)
	return 3*p.at(c, r) + p.at(c, n)
}

// nearest returns the sample of n that contains position i, and the next nearest one,
// clamped at the edges.
func nearest(i, n int) (sample, neighbour int) {
	sample = i / 2
	return sample, min(max(sample-1+i%2*2, 0), n-1)
}

// newPlane returns a plane of an image of size pixels with one sample for acrossX times
// acrossY pixels. Like libjpeg it repeats samples, without interpolation, if the plane has
// at most two columns or is subsampled by a factor other than 2.
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

// across returns the subsampling factors along x and y.
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

// samplerOfJPEG returns a sampler over three planes: YCbCr, or RGB without conversion.
func samplerOfJPEG(img *image.YCbCr, isRGB bool) sampler {
	acrossX, acrossY := across(img.SubsampleRatio)
	size := img.Rect.Size()
	cb := newPlane(img.Cb, img.CStride, size, acrossX, acrossY)
	cr := newPlane(img.Cr, img.CStride, size, acrossX, acrossY)
	return func(x, y int) [3]float32 {
		first, second, third := img.Y[y*img.YStride+x], uint8(cb.value(x, y)), uint8(cr.value(x, y))
		if !isRGB {
			first, second, third = rgbOf(first, second, third)
		}
		return [3]float32{float32(first), float32(second), float32(third)}
	}
}

// samplerOfCMYK returns a sampler over four planes, which Go's decoder has inverted and,
// where half is set, upsampled by repetition. As in TensorFlow, samples are inverted ink if
// the file has Adobe's marker, and ink otherwise (adobe < 0). adobe > 0 means that the
// first three planes are YCbCr.
func samplerOfCMYK(img *image.CMYK, half bool, adobe int) sampler {
	size := img.Rect.Size()
	var planes [4]*plane
	for k := range planes {
		share := 1
		if half && (k == 1 || k == 2) {
			share = 2
		}
		p := newPlane(nil, 0, size, share, share)
		step := 1 // distance of samples in the upsampled plane, in pixels
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
			v[0], v[1], v[2] = rgbOf(v[0], v[1], v[2])
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

// rgbOf converts a colour as libjpeg does (jdcolor.c).
func rgbOf(y, cb, cr uint8) (r, g, b uint8) {
	const half = 1 << 15
	l, u, v := int32(y), int32(cb)-128, int32(cr)-128
	clip := func(x int32) uint8 { return uint8(min(max(x, 0), 255)) }
	return clip(l + (91881*v+half)>>16), clip(l + (-22554*u-46802*v+half)>>16), clip(l + (116130*u+half)>>16)
}
