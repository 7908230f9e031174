package kernels

import "unsafe"

// If a batch has few pixels, reading the weights from memory takes most of the time of a
// convolution. So each weight is read once, in place and in long runs: a part computes the
// products of some channels of all taps with every pixel; the sums of the parts are added
// in their order.

const (
	fewPixels   = 36      // of the output, in the whole batch
	fewWeights  = 1 << 16 // too large for the cache anyway
	fewChannels = 64      // that are read at a time
	fewParts    = 8       // by tiles, at most
)

// Tiles are faster from some pixels on, if a block of the filters and the next one stay in the second-level cache,
// and for up to 64 pixels of a few images where windows and weights are large.
const (
	fewTilesFrom, fewTilesPixels, fewTilesImages = 7, 64, 4
	fewTilesFilters, fewTilesWeights             = 512, 1 << 19
)

// few reports whether a convolution has so few pixels. An image in such a small batch has
// the same result as in a larger one except for rounding, so this is not for Alike.
func (s *Conv) few() bool {
	pixels, weights := s.N*s.OH*s.OW, s.KH*s.taps()*s.F
	if s.Alike || !s.plain() || weights < fewWeights {
		return false
	}
	return pixels <= fewPixels || pixels <= fewTilesPixels && s.N <= fewTilesImages && s.KH*s.KW > 1 && weights >= fewTilesWeights && s.fewTiles()
}

// fewTiles reports whether so few pixels are the rows of tiles.
func (s *Conv) fewTiles() bool {
	return s.N*s.OH*s.OW >= fewTilesFrom && s.F >= panel && s.F <= fewTilesFilters
}

type fewArgs struct {
	sums, x, w []float32 // sums is [parts,N,OH,OW,F]
	s          Conv
	channels   int // of one part
}

// convFew is [Conv2D] for few pixels.
func convFew(out, x, w, b []float32, s Conv) {
	if s.H*s.W*s.OH*s.OW*s.KH*s.KW == 1 { // images of one pixel are one row of pixels
		s.N, s.W, s.OW, s.SW = 1, s.N, s.N, 1
	}
	size := s.N * s.OH * s.OW * s.F
	loop, channels := fewLoop, fewChannels
	if s.fewTiles() {
		loop, channels = fewTilesLoop, fewChannels*blocks(blocks(s.C, fewChannels), fewParts)
	}
	parts := blocks(s.C, channels)
	sums := takeScratch(parts * size)
	loop.run(parts, fewArgs{sums, x, w, s, channels})
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

// One part is some channels, whose rows are added to the sums of each pixel.
var fewLoop = newLoop(func(a *fewArgs, part int) {
	s := &a.s
	size := s.N * s.OH * s.OW * s.F
	sums := a.sums[part*size:][:size]
	clear(sums)
	c0, c1 := block(part, s.C, a.channels)
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

// One part is some channels. The pixels that a tap sees are copied, with zeros outside of the image, to be the rows
// of one product, during which the filters of the next tap are fetched.
var fewTilesLoop = newLoop(func(a *fewArgs, part int) {
	s := &a.s
	pixels := s.N * s.OH * s.OW
	p := product{c: a.sums[part*pixels*s.F:], cRow: s.F, aRow: fewChannels + 16, bPanel: panel}
	p.a = takeScratch(pixels * p.aRow)
	from, to := block(part, s.C, a.channels)
	for c0 := from; c0 < to; c0 += fewChannels {
		count := min(fewChannels, to-c0)
		p.axes = [3]axis{{count, 1, s.F}, once, once}
		filters := func(tap int) []float32 { return a.w[(tap*s.C+c0)*s.F:][:count*s.F] }
		for tap := s.nextTap(-1); tap < s.KH*s.KW; {
			a.copyPixels(p.a, p.aRow, tap, c0, count)
			p.b, p.next[0] = filters(tap), nil
			if tap = s.nextTap(tap); tap < s.KH*s.KW {
				p.next[0] = filters(tap)
			} else if c0+count < to {
				p.next[0] = a.w[(s.nextTap(-1)*s.C+c0+count)*s.F:][:min(fewChannels, to-c0-count)*s.F]
			}
			p.run(pixels, s.F)
			p.start = fromC
		}
	}
	giveScratch(p.a)
})

// nextTap returns the next tap that sees a pixel of an image, or KH·KW.
func (s *Conv) nextTap(tap int) int {
	for tap++; tap < s.KH*s.KW; tap++ {
		oh0, oh1 := pixelsOf(tap/s.KW, s.SH, s.Top, s.H, s.OH)
		ow0, ow1 := pixelsOf(tap%s.KW, s.SW, s.Left, s.W, s.OW)
		if oh0 < oh1 && ow0 < ow1 {
			break
		}
	}
	return tap
}

// copyPixels copies some channels of the pixels that a tap sees, to a row for each pixel of the output.
func (a *fewArgs) copyPixels(to []float32, row, tap, c0, count int) {
	s := &a.s
	kh, kw := tap/s.KW, tap%s.KW
	oh0, oh1 := pixelsOf(kh, s.SH, s.Top, s.H, s.OH)
	ow0, ow1 := pixelsOf(kw, s.SW, s.Left, s.W, s.OW)
	for i := range s.N * s.OH * s.OW {
		n, oh, ow := i/(s.OH*s.OW), i/s.OW%s.OH, i%s.OW
		pixel := to[i*row:][:count]
		if oh < oh0 || oh >= oh1 || ow < ow0 || ow >= ow1 {
			clear(pixel)
			continue
		}
		at := (n*s.H+oh*s.SH-s.Top+kh)*s.W + ow*s.SW - s.Left + kw
		copy(pixel, a.x[at*s.C+c0:])
	}
}

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
