//go:build !purego

package kernels

// The kernels in assembly take a whole number of vectors, 16 or 8 values each, and
// round as the plain Go ones do. Each function below handles the first values of
// its slices so, and returns how many.

//go:noescape
func reluAVX512(out, x *float32, n int)

//go:noescape
func reluAVX2(out, x *float32, n int)

//go:noescape
func reluGradAVX512(dx, y, dy *float32, n int)

//go:noescape
func reluGradAVX2(dx, y, dy *float32, n int)

//go:noescape
func affineAVX512(out, x *float32, n int, constants *[2]float32)

//go:noescape
func affineAVX2(out, x *float32, n int, constants *[2]float32)

//go:noescape
func combineAVX512(out, x, y *float32, n int, constants *[2]float32)

//go:noescape
func combineAVX2(out, x, y *float32, n int, constants *[2]float32)

//go:noescape
func addScaledAVX512(y, b0, b1, b2, b3 *float32, n int, constants *[4]float32)

//go:noescape
func addScaledAVX2(y, b0, b1, b2, b3 *float32, n int, constants *[4]float32)

//go:noescape
func addScaledFetchAVX512(y, b0, b1, b2, b3, next *float32, n int, constants *[4]float32)

//go:noescape
func addScaledFetchAVX2(y, b0, b1, b2, b3, next *float32, n int, constants *[4]float32)

//go:noescape
func adamAVX512(w, grad, m, v *float32, n int, constants *[4]float32)

//go:noescape
func adamAVX2(w, grad, m, v *float32, n int, constants *[4]float32)

//go:noescape
func adagradAVX512(w, grad, accumulator *float32, n int, constants *[2]float32)

//go:noescape
func adagradAVX2(w, grad, accumulator *float32, n int, constants *[2]float32)

//go:noescape
func rmspropAVX512(w, grad, velocity *float32, n int, constants *[4]float32)

//go:noescape
func rmspropAVX2(w, grad, velocity *float32, n int, constants *[4]float32)

//go:noescape
func sgdAVX512(w, grad *float32, n int, constants *[1]float32)

//go:noescape
func sgdAVX2(w, grad *float32, n int, constants *[1]float32)

//go:noescape
func momentumAVX512(w, grad, velocity *float32, n int, constants *[2]float32)

//go:noescape
func momentumAVX2(w, grad, velocity *float32, n int, constants *[2]float32)

//go:noescape
func nesterovAVX512(w, grad, velocity *float32, n int, constants *[2]float32)

//go:noescape
func nesterovAVX2(w, grad, velocity *float32, n int, constants *[2]float32)

func reluFast(out, x []float32) int {
	n := vectors(len(out), len(x))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		reluAVX512(&out[0], &x[0], n)
	} else {
		reluAVX2(&out[0], &x[0], n)
	}
	return n
}

func reluGradFast(dx, y, dy []float32) int {
	n := vectors(len(dx), len(y), len(dy))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		reluGradAVX512(&dx[0], &y[0], &dy[0], n)
	} else {
		reluGradAVX2(&dx[0], &y[0], &dy[0], n)
	}
	return n
}

func affineFast(out, x []float32, constants *[2]float32) int {
	n := vectors(len(out), len(x))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		affineAVX512(&out[0], &x[0], n, constants)
	} else {
		affineAVX2(&out[0], &x[0], n, constants)
	}
	return n
}

func combineFast(out, x, y []float32, constants *[2]float32) int {
	n := vectors(len(out), len(x), len(y))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		combineAVX512(&out[0], &x[0], &y[0], n, constants)
	} else {
		combineAVX2(&out[0], &x[0], &y[0], n, constants)
	}
	return n
}

// addScaledFast fetches what lies behind the rows as well, if next has it.
func addScaledFast(y, b0, b1, b2, b3, next []float32, constants *[4]float32) int {
	n := vectors(len(y), len(b0), len(b1), len(b2), len(b3))
	switch {
	case n == 0:
	case has(avx512) && len(next) > 0:
		addScaledFetchAVX512(&y[0], &b0[0], &b1[0], &b2[0], &b3[0], &next[0], n, constants)
	case has(avx512):
		addScaledAVX512(&y[0], &b0[0], &b1[0], &b2[0], &b3[0], n, constants)
	case len(next) > 0:
		addScaledFetchAVX2(&y[0], &b0[0], &b1[0], &b2[0], &b3[0], &next[0], n, constants)
	default:
		addScaledAVX2(&y[0], &b0[0], &b1[0], &b2[0], &b3[0], n, constants)
	}
	return n
}

func adamFast(w, g, m, v []float32, constants *[4]float32) int {
	n := vectors(len(w), len(g), len(m), len(v))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		adamAVX512(&w[0], &g[0], &m[0], &v[0], n, constants)
	} else {
		adamAVX2(&w[0], &g[0], &m[0], &v[0], n, constants)
	}
	return n
}

func adagradFast(w, g, accumulator []float32, constants *[2]float32) int {
	n := vectors(len(w), len(g), len(accumulator))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		adagradAVX512(&w[0], &g[0], &accumulator[0], n, constants)
	} else {
		adagradAVX2(&w[0], &g[0], &accumulator[0], n, constants)
	}
	return n
}

func rmspropFast(w, g, velocity []float32, constants *[4]float32) int {
	n := vectors(len(w), len(g), len(velocity))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		rmspropAVX512(&w[0], &g[0], &velocity[0], n, constants)
	} else {
		rmspropAVX2(&w[0], &g[0], &velocity[0], n, constants)
	}
	return n
}

func sgdFast(w, g []float32, constants *[1]float32) int {
	n := vectors(len(w), len(g))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		sgdAVX512(&w[0], &g[0], n, constants)
	} else {
		sgdAVX2(&w[0], &g[0], n, constants)
	}
	return n
}

func momentumFast(w, g, velocity []float32, constants *[2]float32) int {
	n := vectors(len(w), len(g), len(velocity))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		momentumAVX512(&w[0], &g[0], &velocity[0], n, constants)
	} else {
		momentumAVX2(&w[0], &g[0], &velocity[0], n, constants)
	}
	return n
}

func nesterovFast(w, g, velocity []float32, constants *[2]float32) int {
	n := vectors(len(w), len(g), len(velocity))
	if n == 0 {
		return 0
	}
	if has(avx512) {
		nesterovAVX512(&w[0], &g[0], &velocity[0], n, constants)
	} else {
		nesterovAVX2(&w[0], &g[0], &velocity[0], n, constants)
	}
	return n
}

// vectors returns how many of the values of slices the assembly can handle.
func vectors(lens ...int) int {
	n := lens[0]
	for _, m := range lens[1:] {
		n = min(n, m)
	}
	if has(avx512) {
		return n &^ 15
	} else if has(avx2) {
		return n &^ 7
	}
	return 0
}
