package kernels

import "unsafe"

// If a batch has few pixels, reading the weights from memory takes most of the time of a
// convolution. So each weight is read once, in place and in long runs: a part computes the
// products of some channels of all taps with every pixel; the sums of the parts are added
// in their order.

const (
	fewPixels   = 36      // of the output, in the whole batch
	fewChannels = 64      // of one part
	fewWeights  = 1 << 16 // too large for the cache anyway
)

// few reports whether a convolution has so few pixels. An image in such a small batch has
// the same result as in a larger one except for rounding, so this is not for Alike.
func (s *Conv) few() bool {
	return !s.Alike && s.plain() && s.N*s.OH*s.OW <= fewPixels && s.KH*s.taps()*s.F >= fewWeights
}

type fewArgs struct {
	sums, x, w []float32 // sums is [parts,N,OH,OW,F]
	s          Conv
}

// convFew is [Conv2D] for few pixels.
func convFew(out, x, w, b []float32, s Conv) {
	if s.H*s.W*s.OH*s.OW*s.KH*s.KW == 1 { // images of one pixel are one row of pixels
		s.N, s.W, s.OW, s.SW = 1, s.N, s.N, 1
	}
	size := s.N * s.OH * s.OW * s.F
	parts := blocks(s.C, fewChannels)
	sums := takeScratch(parts * size)
	fewLoop.run(parts, fewArgs{sums, x, w, s})
	addRows(out[:size], sums)
	giveScratch(sums)
	for i := range out[:size] {
		v := out[i]
		if b != nil {
			v += b[i%s.F]
		}
		if s.ReLU {
			v = max(v, 0)
		}
		out[i] = v
	}
}

var fewLoop = newLoop(func(a *fewArgs, part int) {
	s := &a.s
	size := s.N * s.OH * s.OW * s.F
	sums := a.sums[part*size:][:size]
	clear(sums)
	c0, c1 := block(part, s.C, fewChannels)
	for kh := range s.KH {
		oh0, oh1 := pixelsOf(kh, s.SH, s.Top, s.H, s.OH)
		for kw := range s.KW {
			ow0, ow1 := pixelsOf(kw, s.SW, s.Left, s.W, s.OW)
			all := s.N*(oh1-oh0)*blocks(ow1-ow0, 2) < 4 // pairs of pixels, too few to fetch a row with each
			for c := c0; c < c1; c += 4 {
				rows := a.w[((kh*s.KW+kw)*s.C+c)*s.F:]
				count := min(4, c1-c)
				next := rows[count*s.F:] // not in the cache yet
				next, rows = next[:min(len(next), 4*s.F)], rows[:count*s.F]
				for n := range s.N {
					for oh := oh0; oh < oh1; oh++ {
						if ow0 >= ow1 {
							break
						}
						ih, iw := oh*s.SH-s.Top+kh, ow0*s.SW-s.Left+kw
						addScaled(sums[((n*s.OH+oh)*s.OW+ow0)*s.F:][:(ow1-ow0)*s.F], rows, next, a.x[((n*s.H+ih)*s.W+iw)*s.C+c:], count, s.SW*s.C, all)
						if next = next[min(len(next), blocks(ow1-ow0, 2)*s.F):]; all {
							next = nil
						}
					}
				}
			}
		}
	}
})

// addScaled adds to each pixel of y up to four rows, each as long as a pixel, scaled by values of a;
// those of the pixels are aNext apart. With each two pixels it prefetches a row in next, or four if all
// is set.
func addScaled(y, rows, next, a []float32, count, aNext int, all bool) {
	f := len(rows) / count
	pixels, done := len(y)/f, 0
	if count == 4 {
		_ = a[(pixels-1)*aNext+3]
		done = current().addScaled(y, rows, next, &a[0], f, pixels, aNext, all)
	}
	for p := range pixels {
		y, a := y[p*f:][:f], a[p*aNext:][:count]
		for i, v := range a {
			row := rows[i*f:][:f]
			for j := done; j < f; j++ {
				y[j] += float32(v * row[j])
			}
		}
	}
}

// addScaledGeneric is addScaled of four rows.
func addScaledGeneric(y, rows, _ []float32, a *float32, f, pixels, aNext int, _ bool) (done int) {
	values := unsafe.Slice(a, (pixels-1)*aNext+4)
	b0, b1, b2, b3 := rows[:f], rows[f:][:f], rows[2*f:][:f], rows[3*f:][:f]
	for p := range pixels {
		y, a := y[p*f:][:f], values[p*aNext:][:4]
		for j, v := range y {
			y[j] = v + float32(a[0]*b0[j]) + float32(a[1]*b1[j]) + float32(a[2]*b2[j]) + float32(a[3]*b3[j])
		}
	}
	return f
}
