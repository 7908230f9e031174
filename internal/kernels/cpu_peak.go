package kernels

import (
	"math"
	"sync/atomic"
)

// MultiplyAdds keeps each of [Threads] goroutines busy with multiply-adds in registers, and
// returns the number of operations, two per lane of each. Their rate is an upper limit for
// every kernel on this machine.
func MultiplyAdds(rounds int) (flops int) {
	multiplyAddsLoop.run(Threads(), rounds)
	return Threads() * rounds * current().flopsPerRound
}

var multiplyAddsLoop = newLoop(func(rounds *int, _ int) { current().multiplyAdds(*rounds) })

// multiplyAddsGeneric computes twelve independent sums.
func multiplyAddsGeneric(rounds int) {
	x, y := float32(0.5), float32(0.25)
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	for range rounds {
		a, b, c = a*x+y, b*x+y, c*x+y
		d, e, f = d*x+y, e*x+y, f*x+y
		g, h, i = g*x+y, h*x+y, i*x+y
		j, k, l = j*x+y, k*x+y, l*x+y
	}
	multiplyAddsSum.Store(math.Float32bits(a + b + c + d + e + f + g + h + i + j + k + l))
}

// multiplyAddsSum prevents the compiler from removing the sums.
var multiplyAddsSum atomic.Uint32
