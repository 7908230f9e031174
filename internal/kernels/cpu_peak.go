package kernels

// MultiplyAdds keeps each of [Threads] goroutines busy with multiply-adds alone,
// in registers, and returns how many operations that was, two for each lane of
// each. Their rate is what no kernel on this machine can exceed.
func MultiplyAdds(rounds int) (flops int) {
	multiplyAddsLoop.run(Threads(), rounds)
	return Threads() * rounds * flopsPerRound()
}

var multiplyAddsLoop = newLoop(func(rounds *int, _ int) { multiplyAdds(*rounds) })

// multiplyAddsGeneric is eight sums that do not wait for each other.
func multiplyAddsGeneric(rounds int) (sum float32) {
	const x, y = 0.5, 0.25
	var s [8]float32
	for range rounds {
		s[0] = s[0]*x + y
		s[1] = s[1]*x + y
		s[2] = s[2]*x + y
		s[3] = s[3]*x + y
		s[4] = s[4]*x + y
		s[5] = s[5]*x + y
		s[6] = s[6]*x + y
		s[7] = s[7]*x + y
	}
	for _, v := range s {
		sum += v
	}
	return sum
}
