package kernels

import "fmt"

// Warp is the sizes of a resampling: N images of H by W pixels and C channels
// become OH by OW pixels.
type Warp struct {
	N, H, W, C int
	OH, OW     int
	Fill       Fill    // how images are extrapolated
	Value      float32 // of it, for FillConstant
	Nearest    bool    // nearest pixel instead of bilinear interpolation
}

// A Fill says how an image is extrapolated beyond its edge.
type Fill int

const (
	FillReflect  Fill = iota // d c b a | a b c d | d c b a
	FillConstant             // k k k k | a b c d | k k k k
	FillNearest              // a a a a | a b c d | d d d d
	FillWrap                 // a b c d | a b c d | a b c d, not quite: see inside
)

// WarpImages resamples each image with its row m [6] of matrices: the pixel at column ox
// and row oy of out is read from x at column m[0]·ox + m[1]·oy + m[2] and row m[3]·ox +
// m[4]·oy + m[5]. This is TensorFlow's ImageProjectiveTransformV3 for affine maps, rounding
// included.
func WarpImages(out, x, matrices []float32, s Warp) {
	s.check("WarpImages", x, out, matrices)
	warpLoop.run(s.N, warpArgs{out, x, matrices, s})
}

// WarpImagesGrad computes the gradient of [WarpImages] for x from that for its
// output.
func WarpImagesGrad(dx, dy, matrices []float32, s Warp) {
	s.check("WarpImagesGrad", dx, dy, matrices)
	warpGradLoop.run(s.N, warpArgs{dy, dx, matrices, s})
}

func (s *Warp) check(kernel string, x, out, matrices []float32) {
	if s.H < 1 || s.W < 1 || s.OH < 1 || s.OW < 1 {
		panic(fmt.Sprintf("kernels: %s: impossible sizes %+v", kernel, *s))
	}
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "output", out, s.N, s.OH, s.OW, s.C)
	need(kernel, "matrices", matrices, s.N, 6)
}

type warpArgs struct {
	out, x, matrices []float32
	s                Warp
}

// A tap is the source of a pixel of the output: the offsets of four pixels in their image,
// two above and two below, or -1 outside of it, and the weights of the right and of the
// lower ones.
type tap struct {
	at           [4]int
	right, below float32
}

// One part is one image.
var warpLoop = newLoop(func(a *warpArgs, n int) {
	s := a.s // a copy that stays in registers
	out, x, m := a.out[n*s.OH*s.OW*s.C:][:s.OH*s.OW*s.C], a.x[n*s.H*s.W*s.C:][:s.H*s.W*s.C], *(*[6]float32)(a.matrices[6*n:])
	if s.OH == s.H && s.OW == s.W && s.mirror(out, x, m) {
		return
	}
	c, right, bottom := s.C, float32(s.W-1), float32(s.H-1)
	for oy := range s.OH {
		mx, my := float32(m[1]*float32(oy)), float32(m[4]*float32(oy))
		row := out[oy*s.OW*c:][:s.OW*c]
		r := s.row(&m, oy)
		for ox := 0; ox < s.OW; ox++ {
			fx := float32(ox)
			ix, iy := float32(m[0]*fx)+mx+m[2], float32(m[3]*fx)+my+m[5]
			within := ix >= 0 && ix < right && iy >= 0 && iy < bottom
			if !within || s.Nearest {
				s.pick(row[ox*c:][:c], x, ix, iy)
			} else if c == 3 {
				ox = current().warpRow(row, x, ox, s.OW, noescape(&r)) - 1
			} else {
				s.mixInside(row[ox*c:][:c], x, ix, iy)
			}
		}
	}
})

// warpRow is the common data of a row of the output: the columns and rows it reads are v =
// steps·ox + base + shift. Only the first two values of each are used.
type warpRow struct {
	steps, base, shift [4]float32
	limit              [4]float32 // upper limit of v for pixels that are completely inside; the lower limit is 0
	strides            [4]int32   // distances of columns and of rows in bytes
}

func (s *Warp) row(m *[6]float32, oy int) warpRow {
	y := float32(oy)
	return warpRow{
		steps:   [4]float32{m[0], m[3]},
		base:    [4]float32{m[1] * y, m[4] * y},
		shift:   [4]float32{m[2], m[5]},
		limit:   [4]float32{float32(s.W - 1), float32(s.H - 1), 1, 1},
		strides: [4]int32{3 * float, int32(s.W * 3 * float)},
	}
}

// warpRowGeneric interpolates pixels of three channels at columns [from,to) of a row of the
// output, and returns the first column whose source is not completely inside x, else to.
func warpRowGeneric(out, x []float32, from, to int, r *warpRow) (done int) {
	width := int(r.strides[1]) / float
	for ox := from; ox < to; ox++ {
		fx := float32(ox)
		ix, iy := float32(r.steps[0]*fx)+r.base[0]+r.shift[0], float32(r.steps[1]*fx)+r.base[1]+r.shift[1]
		if !(ix >= 0 && ix < r.limit[0] && iy >= 0 && iy < r.limit[1]) {
			return ox
		}
		x0, y0 := int(ix), int(iy)
		above := x[y0*width+3*x0:]
		mix(out[3*ox:][:3], above, above[width:], ix-float32(x0), iy-float32(y0))
	}
	return to
}

// mirror copies an image, optionally mirrored horizontally or vertically, and reports
// whether the matrix is such a map.
func (s *Warp) mirror(out, x []float32, m [6]float32) bool {
	row, col := [2]float32{m[4], m[5]}, [2]float32{m[0], m[2]}
	flipRows := row == [2]float32{-1, float32(s.H - 1)}
	flipCols := col == [2]float32{-1, float32(s.W - 1)}
	same := [2]float32{1, 0}
	if m[1] != 0 || m[3] != 0 || !flipRows && row != same || !flipCols && col != same {
		return false
	}
	width := s.W * s.C
	for oy := range s.H {
		iy := oy
		if flipRows {
			iy = s.H - 1 - oy
		}
		to, from := out[oy*width:][:width], x[iy*width:][:width]
		if !flipCols {
			copy(to, from)
			continue
		}
		for i := 0; i < width; i += s.C {
			pixel := from[width-s.C-i:]
			for c := range s.C {
				to[i+c] = pixel[c]
			}
		}
	}
	return true
}

// pick computes the pixel for column x and row y of an image, inside or outside.
func (s *Warp) pick(out, image []float32, x, y float32) {
	right, bottom := float32(s.W-1), float32(s.H-1)
	if !(x >= 0 && x <= right && y >= 0 && y <= bottom) {
		x, y = s.Fill.inside(x, s.W), s.Fill.inside(y, s.H)
	}
	if s.Nearest {
		if i := s.place(round(x), round(y)); i >= 0 {
			copy(out, image[i:])
			return
		}
	} else if x >= 0 && x < right && y >= 0 && y < bottom {
		s.mixInside(out, image, x, y)
		return
	}
	t := s.tap(x, y)
	s.mix(out, image, &t)
}

// mixInside interpolates if all four pixels are inside.
func (s *Warp) mixInside(out, image []float32, x, y float32) {
	x0, y0 := int(x), int(y)
	above := image[(y0*s.W+x0)*s.C:]
	mix(out, above, above[s.W*s.C:], x-float32(x0), y-float32(y0))
}

// mix interpolates between two pixels in each of the rows above and below.
func mix(out, above, below []float32, right, down float32) {
	left, up := 1-right, 1-down
	if len(out) == 3 {
		out, a, b := (*[3]float32)(out), (*[6]float32)(above), (*[6]float32)(below)
		out[0] = float32(up*(float32(left*a[0])+float32(right*a[3]))) + float32(down*(float32(left*b[0])+float32(right*b[3])))
		out[1] = float32(up*(float32(left*a[1])+float32(right*a[4]))) + float32(down*(float32(left*b[1])+float32(right*b[4])))
		out[2] = float32(up*(float32(left*a[2])+float32(right*a[5]))) + float32(down*(float32(left*b[2])+float32(right*b[5])))
		return
	}
	c := len(out)
	above, below = above[:2*c], below[:2*c]
	for i := range out {
		out[i] = float32(up*(float32(left*above[i])+float32(right*above[c+i]))) + float32(down*(float32(left*below[i])+float32(right*below[c+i])))
	}
}

// mix interpolates between the pixels of t.
func (s *Warp) mix(out, x []float32, t *tap) {
	left, above := 1-t.right, 1-t.below
	for c := range out {
		var v [4]float32
		for i, at := range t.at {
			if v[i] = s.Value; at >= 0 {
				v[i] = x[at+c]
			}
		}
		out[c] = float32(above*(float32(left*v[0])+float32(t.right*v[1]))) + float32(t.below*(float32(left*v[2])+float32(t.right*v[3])))
	}
}

// One part is one image. A pixel may receive contributions from the whole output; they are
// added in the order of the output.
var warpGradLoop = newLoop(func(a *warpArgs, n int) {
	s := &a.s
	dy, dx, m := a.out[n*s.OH*s.OW*s.C:][:s.OH*s.OW*s.C], a.x[n*s.H*s.W*s.C:][:s.H*s.W*s.C], (*[6]float32)(a.matrices[6*n:])
	clear(dx)
	for oy := range s.OH {
		for ox := range s.OW {
			fx, fy := float32(ox), float32(oy)
			t := s.tap(s.Fill.inside(float32(m[0]*fx)+float32(m[1]*fy)+m[2], s.W), s.Fill.inside(float32(m[3]*fx)+float32(m[4]*fy)+m[5], s.H))
			left, above := 1-t.right, 1-t.below
			for i, weight := range [4]float32{above * left, above * t.right, t.below * left, t.below * t.right} {
				if t.at[i] < 0 || weight == 0 {
					continue
				}
				for c, g := range dy[:s.C] {
					dx[t.at[i]+c] += float32(weight * g)
				}
			}
			dy = dy[s.C:]
		}
	}
})

// tap returns the source at column x and row y of an image, both from Fill.inside.
func (s *Warp) tap(x, y float32) tap {
	if s.Nearest {
		i := s.place(round(x), round(y))
		return tap{at: [4]int{i, i, i, i}}
	}
	x0, y0 := floor(x), floor(y)
	x1, y1 := x0+1, y0+1
	if s.Fill != FillConstant { // x0 may be the last column: then the weight of x1 is 0
		x1, y1 = min(x1, s.W-1), min(y1, s.H-1)
	}
	return tap{
		at:    [4]int{s.place(x0, y0), s.place(x1, y0), s.place(x0, y1), s.place(x1, y1)},
		right: x - float32(x0), below: y - float32(y0),
	}
}

// place returns the offset of the pixel at x and y in its image, -1 if outside.
func (s *Warp) place(x, y int) int {
	if uint(x) >= uint(s.W) || uint(y) >= uint(s.H) {
		return -1
	}
	return (y*s.W + x) * s.C
}

// floor and round convert a coordinate to an integer; halves are rounded away from 0.
func floor(v float32) int {
	i := int(v)
	if float32(i) > v {
		i--
	}
	return i
}

func round(v float32) int {
	if v < 0 {
		return int(v - 0.5)
	}
	return int(v + 0.5)
}

// inside maps a coordinate on an axis of n pixels to an equivalent one from 0 to n-1,
// except for FillConstant. It is MapCoordinate of TensorFlow's
// core/kernels/image/image_ops.h: there is no interpolation between two copies of the
// image, and FillWrap has copies that repeat after n-1 pixels.
func (f Fill) inside(v float32, n int) float32 {
	last := float32(n - 1)
	if f == FillConstant || v >= 0 && v <= last {
		return v
	}
	switch {
	case n == 1:
		v = 0
	case f == FillReflect:
		v = reflect(v, float32(n))
	case f == FillWrap && v < 0:
		v += float32(float32(n) * float32(int(-v/last)+1))
	case f == FillWrap:
		v -= float32(float32(n) * float32(int(v/last)))
	}
	return min(max(v, 0), last)
}

func reflect(v, n float32) float32 {
	if v < 0 {
		if v += float32(2 * n * float32(int(-v/(2*n)))); v < -n {
			return v + float32(2*n)
		}
		return -v - 1
	}
	if v -= float32(2 * n * float32(int(v/(2*n)))); v >= n {
		return float32(2*n) - v - 1
	}
	return v
}
