package kernels

import "math"

// A Rectifier is a ReLU with the options of Keras's layer: x up to Max where x > Threshold,
// else Slope·(x - Threshold). Max may be +Inf; Slope and Threshold are not negative.
type Rectifier struct{ Max, Slope, Threshold float32 }

// Apply computes the function for each value of out; NaN stays NaN. It may work in place.
func (r Rectifier) Apply(out, x []float32) {
	need("Rectifier.Apply", "x", x, len(out))
	rectifierLoop.run(blocks(len(out), grain), rectifierArgs{out: out, x: x, r: r})
}

// Grad computes the gradient of [Rectifier.Apply] for x from its output y and the gradient
// for it: dx[i] = dy[i] where Threshold < y[i] < Max, 0 at Max, else dy[i]·Slope. It may
// work in place.
func (r Rectifier) Grad(dx, y, dy []float32) {
	need("Rectifier.Grad", "y", y, len(dx))
	need("Rectifier.Grad", "dy", dy, len(dx))
	rectifierGradLoop.run(blocks(len(dx), grain), rectifierArgs{dx, y, dy, r})
}

type rectifierArgs struct {
	out, x, dy []float32
	r          Rectifier
}

var rectifierLoop = newLoop(func(a *rectifierArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x, r := a.out[from:to], a.x[from:to], a.r
	if r.capped() {
		done := writing(a.out, a.x).capped(out, x, r.Max)
		cappedGeneric(out[done:], x[done:], r.Max)
		return
	}
	for i, v := range x {
		if v <= r.Threshold {
			out[i] = r.Slope * (v - r.Threshold)
		} else {
			out[i] = min(v, r.Max)
		}
	}
})

// capped reports whether the function is min(max(x, 0), Max), such as ReLU6.
func (r Rectifier) capped() bool { return r.Slope == 0 && r.Threshold == 0 }

func cappedGeneric(out, x []float32, most float32) (done int) {
	for i, v := range x[:len(out)] {
		out[i] = min(max(v, 0), most)
	}
	return len(out)
}

var rectifierGradLoop = newLoop(func(a *rectifierArgs, part int) {
	from, to := block(part, len(a.out), grain)
	dx, y, dy, r := a.out[from:to], a.x[from:to], a.dy[from:to], a.r
	if r.capped() {
		done := writing(a.out, a.dy).cappedGrad(dx, y, dy, r.Max)
		cappedGradGeneric(dx[done:], y[done:], dy[done:], r.Max)
		return
	}
	r.gradGeneric(dx, y, dy)
})

func cappedGradGeneric(dx, y, dy []float32, most float32) (done int) {
	Rectifier{Max: most}.gradGeneric(dx, y, dy)
	return len(dx)
}

func (r Rectifier) gradGeneric(dx, y, dy []float32) {
	one, slope := math.Float32bits(1), math.Float32bits(r.Slope)
	for i := range dx[:min(len(dx), len(y), len(dy))] {
		factor := one // as bits, to select without a branch
		if !(y[i] > r.Threshold) {
			factor = slope
		}
		if y[i] >= r.Max {
			factor = 0
		}
		dx[i] = dy[i] * math.Float32frombits(factor)
	}
}
