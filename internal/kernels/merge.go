package kernels

// Multiply computes out[i] = x[i]·y[i]. It may work in place.
func Multiply(out, x, y []float32) {
	need("Multiply", "x", x, len(out))
	need("Multiply", "y", y, len(out))
	multiplyLoop.run(blocks(len(out), grain), pairArgs{out, x, y, nil})
}

// pairArgs is the arguments of kernels that combine two tensors element by element; dy is
// the gradient in those that compute one.
type pairArgs struct{ out, x, y, dy []float32 }

// slices returns the ranges of the arguments for one part of a loop.
func (a *pairArgs) slices(part int) (out, x, y []float32) {
	from, to := block(part, len(a.out), grain)
	return a.out[from:to], a.x[from:to], a.y[from:to]
}

var multiplyLoop = newLoop(func(a *pairArgs, part int) {
	out, x, y := a.slices(part)
	multiply(out, x, y)
})

// Maximum computes out[i] as the larger of x[i] and y[i]; NaN propagates. It may work in place.
func Maximum(out, x, y []float32) {
	need("Maximum", "x", x, len(out))
	need("Maximum", "y", y, len(out))
	maximumLoop.run(blocks(len(out), grain), pairArgs{out, x, y, nil})
}

var maximumLoop = newLoop(func(a *pairArgs, part int) {
	out, x, y := a.slices(part)
	for i, v := range x[:len(out)] {
		out[i] = max(v, y[i])
	}
})

// Minimum computes out[i] as the smaller of x[i] and y[i]; NaN propagates. It may work in place.
func Minimum(out, x, y []float32) {
	need("Minimum", "x", x, len(out))
	need("Minimum", "y", y, len(out))
	minimumLoop.run(blocks(len(out), grain), pairArgs{out, x, y, nil})
}

var minimumLoop = newLoop(func(a *pairArgs, part int) {
	out, x, y := a.slices(part)
	for i, v := range x[:len(out)] {
		out[i] = min(v, y[i])
	}
})

// SelectGrad computes dx[i] = dy[i] where x[i] ≥ y[i], else 0: the gradient of [Maximum] for
// x; with x and y swapped, that of [Minimum]. Of equal values the first input of Maximum and
// Minimum gets the gradient, as in TensorFlow; strict is set for the second input.
func SelectGrad(dx, x, y, dy []float32, strict bool) {
	need("SelectGrad", "x", x, len(dx))
	need("SelectGrad", "y", y, len(dx))
	need("SelectGrad", "dy", dy, len(dx))
	loop := selectGradLoop
	if strict {
		loop = selectStrictLoop
	}
	loop.run(blocks(len(dx), grain), pairArgs{dx, x, y, dy})
}

var selectGradLoop = newLoop(func(a *pairArgs, part int) {
	out, x, y := a.slices(part)
	from, to := block(part, len(a.out), grain)
	for i, v := range a.dy[from:to] {
		if x[i] >= y[i] {
			out[i] = v
		} else {
			out[i] = 0
		}
	}
})

var selectStrictLoop = newLoop(func(a *pairArgs, part int) {
	out, x, y := a.slices(part)
	from, to := block(part, len(a.out), grain)
	for i, v := range a.dy[from:to] {
		if x[i] > y[i] {
			out[i] = v
		} else {
			out[i] = 0
		}
	}
})

type channelsArgs struct {
	out, x, s []float32
	pixels, c int
}

// MultiplyChannels computes out[n,p,c] = x[n,p,c]·s[n,c]. It may work in place.
func MultiplyChannels(out, x, s []float32, n, pixels, c int) {
	need("MultiplyChannels", "out", out, n, pixels, c)
	need("MultiplyChannels", "x", x, n, pixels, c)
	need("MultiplyChannels", "s", s, n, c)
	multiplyChannelsLoop.run(n, channelsArgs{out, x, s, pixels, c})
}

// One part is one image.
var multiplyChannelsLoop = newLoop(func(a *channelsArgs, n int) {
	size := a.pixels * a.c
	out, x, s := a.out[n*size:][:size], a.x[n*size:][:size], a.s[n*a.c:][:a.c]
	for ; len(x) > 0; out, x = out[a.c:], x[a.c:] {
		multiply(out[:a.c], x, s)
	}
})

// AddChannels computes out[n,p,c] = x[n,p,c] + s[n,c]. It may work in place.
func AddChannels(out, x, s []float32, n, pixels, c int) {
	need("AddChannels", "out", out, n, pixels, c)
	need("AddChannels", "x", x, n, pixels, c)
	need("AddChannels", "s", s, n, c)
	addChannelsLoop.run(n, channelsArgs{out, x, s, pixels, c})
}

var addChannelsLoop = newLoop(func(a *channelsArgs, n int) {
	size := a.pixels * a.c
	out, x, s := a.out[n*size:][:size], a.x[n*size:][:size], a.s[n*a.c:][:a.c]
	for ; len(x) > 0; out, x = out[a.c:], x[a.c:] {
		row := out[:len(s)]
		for i, v := range x[:len(s)] {
			row[i] = v + s[i]
		}
	}
})

// SumPixels computes out[n,c] as the sum of x[n,p,c] over the pixels p.
func SumPixels(out, x []float32, n, pixels, c int) {
	need("SumPixels", "out", out, n, c)
	need("SumPixels", "x", x, n, pixels, c)
	sumPixelsLoop.run(n, channelsArgs{out, x, nil, pixels, c})
}

var sumPixelsLoop = newLoop(func(a *channelsArgs, n int) {
	out, x := a.out[n*a.c:][:a.c], a.x[n*a.pixels*a.c:][:a.pixels*a.c]
	clear(out)
	for ; len(x) > 0; x = x[a.c:] {
		addScaledTo(out, x, 1)
	}
})

// DotPixels computes out[n,c] as the sum of x[n,p,c]·y[n,p,c] over the pixels p.
func DotPixels(out, x, y []float32, n, pixels, c int) {
	need("DotPixels", "out", out, n, c)
	need("DotPixels", "x", x, n, pixels, c)
	need("DotPixels", "y", y, n, pixels, c)
	dotPixelsLoop.run(n, channelsArgs{out, x, y, pixels, c})
}

var dotPixelsLoop = newLoop(func(a *channelsArgs, n int) {
	size := a.pixels * a.c
	out, x, y := a.out[n*a.c:][:a.c], a.x[n*size:][:size], a.s[n*size:][:size]
	clear(out)
	for ; len(x) > 0; x, y = x[a.c:], y[a.c:] {
		addProduct(out, x, y)
	}
})

// CopyChannels copies columns of one tensor to columns of another, row by row: to[r,at+c] =
// from[r,start+c] for c below width.
func CopyChannels(to []float32, toWidth, at int, from []float32, fromWidth, start, width, rows int) {
	need("CopyChannels", "to", to, rows, toWidth)
	need("CopyChannels", "from", from, rows, fromWidth)
	if at+width > toWidth || start+width > fromWidth {
		panic("kernels: CopyChannels beyond a row")
	}
	a := copyChannelsArgs{to, from, toWidth, at, fromWidth, start, width, rows}
	copyChannelsLoop.run(blocks(rows, a.grain()), a)
}

type copyChannelsArgs struct {
	to, from                                   []float32
	toWidth, at, fromWidth, start, width, rows int
}

// grain is the number of rows of one part.
func (a *copyChannelsArgs) grain() int { return max(1, grain/max(a.width, 1)) }

var copyChannelsLoop = newLoop(func(a *copyChannelsArgs, part int) {
	from, to := block(part, a.rows, a.grain())
	for r := from; r < to; r++ {
		copy(a.to[r*a.toWidth+a.at:][:a.width], a.from[r*a.fromWidth+a.start:][:a.width])
	}
})
