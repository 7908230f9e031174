package kernels

// mixAmounts is the number of amounts of an image for MixNext.
const mixAmounts = 5

// A patch is the rectangle of an image that is mixed with the next one, half-open ranges of rows
// and columns, and the fraction of it that stays the image's own.
type patch struct{ top, bottom, left, right, own float32 }

// patch returns that of image n.
func (s *Colors) patch(amounts []float32, n int) patch {
	a := amounts[n*mixAmounts:][:mixAmounts]
	return patch{a[0], a[1], a[2], a[3], a[4]}
}

// has reports whether the patch has value i of an image of s.
func (p *patch) has(s *Colors, i int) bool {
	y, x := float32(i/s.C/s.Width), float32(i/s.C%s.Width)
	return y >= p.top && y < p.bottom && x >= p.left && x < p.right
}

// MixNext mixes a patch of each image of x with the next image, of the last one with the first:
// out = own·x + (1-own)·next. amounts has the top, bottom, left and right of each patch and own.
// Out must not overlap x.
func MixNext(out, x, amounts []float32, s Colors) {
	s.check("MixNext", out, x, amounts)
	mixNextLoop.run(s.N, colorArgs{out, x, nil, amounts, s})
}

// MixNextGrad computes the gradient of [MixNext] for x.
func MixNextGrad(dx, x, dy, amounts []float32, s Colors) {
	s.check("MixNextGrad", dx, dy, amounts)
	mixNextGradLoop.run(s.N, colorArgs{dx, nil, dy, amounts, s})
}

// One part is one image.
var mixNextLoop = newLoop(func(a *colorArgs, n int) {
	s := &a.s
	out, x, next, p := s.image(a.out, n), s.image(a.x, n), s.image(a.x, (n+1)%s.N), s.patch(a.amounts, n)
	other := 1 - p.own
	for i, v := range x {
		if out[i] = v; p.has(s, i) {
			out[i] = float32(p.own*v) + float32(other*next[i])
		}
	}
})

var mixNextGradLoop = newLoop(func(a *colorArgs, n int) {
	s := &a.s
	last := (n + s.N - 1) % s.N // the image that has a part of this one
	dx, dy, lastDy := s.image(a.out, n), s.image(a.dy, n), s.image(a.dy, last)
	p, q := s.patch(a.amounts, n), s.patch(a.amounts, last)
	for i, v := range dy {
		if dx[i] = v; p.has(s, i) {
			dx[i] = float32(p.own * v)
		}
		if q.has(s, i) {
			dx[i] += float32((1 - q.own) * lastDy[i])
		}
	}
})
