package kernels

// Contrast scales the distance of each value of image n of x from its channel's mean in
// that image:
//
//	out = (x - mean)·amounts[n] + mean
func Contrast(out, x, amounts []float32, s Colors) {
	s.check("Contrast", out, x, amounts)
	contrastLoop.run(s.N, colorArgs{out, x, nil, amounts, s})
}

// ContrastGrad computes the gradient of [Contrast] for x, with a the amount and g the
// gradient dy where nothing was clipped, else 0:
//
//	dx = (g - mean(g))·a + mean(g)
func ContrastGrad(dx, x, dy, amounts []float32, s Colors) {
	s.check("ContrastGrad", dx, x, amounts)
	s.check("ContrastGrad", dx, dy, amounts)
	contrastGradLoop.run(s.N, colorArgs{dx, x, dy, amounts, s})
}

// One part is one image.
var contrastLoop = newLoop(func(a *colorArgs, n int) {
	out, x := a.s.image(a.out, n), a.s.image(a.x, n)
	spreadOut(out, x, a.amounts[n], a.s.C)
	for i, v := range out {
		out[i] = a.s.cut(v)
	}
})

var contrastGradLoop = newLoop(func(a *colorArgs, n int) {
	dx, x, dy := a.s.image(a.out, n), a.s.image(a.x, n), a.s.image(a.dy, n)
	spreadOut(dx, x, a.amounts[n], a.s.C)
	for i, v := range dx {
		dx[i] = 0
		if a.s.passes(v) {
			dx[i] = dy[i]
		}
	}
	spreadOut(dx, dx, a.amounts[n], a.s.C)
})

// spreadOut computes out = (x - mean)·amount + mean for one image of c channels. It
// may work in place.
func spreadOut(out, x []float32, amount float32, c int) {
	means := takeScratch(c)
	defer giveScratch(means)
	clear(means)
	for i := 0; i < len(x); i += c {
		for j, v := range x[i:][:len(means)] {
			means[j] += v
		}
	}
	for j := range means {
		means[j] /= float32(len(x) / c)
	}
	for i := 0; i < len(x); i += c {
		pixel, to := x[i:][:len(means)], out[i:][:len(means)]
		for j, m := range means {
			to[j] = float32((pixel[j]-m)*amount) + m
		}
	}
}
