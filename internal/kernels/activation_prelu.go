package kernels

// PReLU computes out[n,p] = x[n,p] where that is positive, else x[n,p]·alpha[of[p]], for n
// examples of len(of) values; of holds the index of the slope of each value (He et al. 2015,
// https://arxiv.org/abs/1502.01852). It may work in place.
func PReLU(out, x, alpha []float32, of []int32, n, slopes int) {
	need("PReLU", "out", out, n, len(of))
	need("PReLU", "x", x, n, len(of))
	need("PReLU", "alpha", alpha, slopes)
	preluLoop.run(n, preluArgs{out: out, x: x, alpha: alpha, of: of})
}

type preluArgs struct {
	out, x, dy, alpha []float32
	of                []int32
	n                 int
}

// One part is one example.
var preluLoop = newLoop(func(a *preluArgs, n int) {
	out, x := a.out[n*len(a.of):][:len(a.of)], a.x[n*len(a.of):][:len(a.of)]
	for p, of := range a.of {
		v := x[p]
		if !(v > 0) {
			v *= a.alpha[of]
		}
		out[p] = v
	}
})

// PReLUGradX computes the gradient of [PReLU] for x from x and the gradient for the output.
// It may work in place.
func PReLUGradX(dx, x, dy, alpha []float32, of []int32, n, slopes int) {
	need("PReLUGradX", "dx", dx, n, len(of))
	need("PReLUGradX", "x", x, n, len(of))
	need("PReLUGradX", "dy", dy, n, len(of))
	need("PReLUGradX", "alpha", alpha, slopes)
	preluGradXLoop.run(n, preluArgs{out: dx, x: x, dy: dy, alpha: alpha, of: of})
}

var preluGradXLoop = newLoop(func(a *preluArgs, n int) {
	at := n * len(a.of)
	dx, x, dy := a.out[at:][:len(a.of)], a.x[at:][:len(a.of)], a.dy[at:][:len(a.of)]
	for p, of := range a.of {
		v := dy[p]
		if !(x[p] > 0) {
			v *= a.alpha[of]
		}
		dx[p] = v
	}
})

// PReLUGradAlpha computes the gradient of [PReLU] for alpha from x and the gradient for the
// output: dalpha[s] = Σ dy·x over the values with slope s that are not positive.
func PReLUGradAlpha(dalpha, x, dy []float32, of []int32, n, slopes int) {
	need("PReLUGradAlpha", "x", x, n, len(of))
	need("PReLUGradAlpha", "dy", dy, n, len(of))
	need("PReLUGradAlpha", "dalpha", dalpha, slopes)
	sums := takeScratch(len(of)) // sums over the examples
	preluGradAlphaLoop.run(blocks(len(of), preluValues), preluArgs{out: sums, x: x, dy: dy, of: of, n: n})
	clear(dalpha[:slopes])
	for p, of := range of {
		dalpha[of] += sums[p]
	}
	giveScratch(sums)
}

const preluValues = 1024 // of one part

// One part is some values of all examples.
var preluGradAlphaLoop = newLoop(func(a *preluArgs, part int) {
	from, to := block(part, len(a.of), preluValues)
	sums := a.out[from:to]
	clear(sums)
	for n := range a.n {
		x, dy := a.x[n*len(a.of)+from:][:len(sums)], a.dy[n*len(a.of)+from:][:len(sums)]
		for p, v := range x {
			if !(v > 0) {
				sums[p] += float32(v * dy[p])
			}
		}
	}
})
