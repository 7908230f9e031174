package kernels

// SGD updates the weights w and their velocity, in place, from the gradient g,
// in the form of Keras 3's keras/src/optimizers/sgd.py:
//
//	velocity = momentum·velocity - lr·g
//	w += velocity                       without nesterov
//	w += momentum·velocity - lr·g       with nesterov
//
// The velocity is nil for no momentum, w -= lr·g; then g may be w. It reports
// whether the weights are finite.
func SGD(w, g, velocity []float32, lr, momentum float32, nesterov bool) bool {
	need("SGD", "g", g, len(w))
	if velocity != nil {
		need("SGD", "velocity", velocity, len(w))
	}
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	sgdLoop.run(parts, sgdArgs{sums, w, g, velocity, lr, momentum, nesterov})
	return finite(sums)
}

type sgdArgs struct {
	sums, w, g, velocity []float32
	lr, momentum         float32
	nesterov             bool
}

var sgdLoop = newLoop(func(a *sgdArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g := a.w[from:to], a.g[from:to]
	if a.velocity == nil {
		done := current().sgd(w, g, a.lr)
		sgdGeneric(w[done:], g[done:], a.lr)
	} else {
		velocity := a.velocity[from:to]
		done := current().momentum(w, g, velocity, a.lr, a.momentum, a.nesterov)
		momentumGeneric(w[done:], g[done:], velocity[done:], a.lr, a.momentum, a.nesterov)
	}
	a.sums[part] = zeroTimes(w)
})

func sgdGeneric(w, g []float32, lr float32) (done int) {
	for i, gi := range g[:len(w)] {
		w[i] -= float32(gi * lr)
	}
	return len(w)
}

func momentumGeneric(w, g, velocity []float32, lr, momentum float32, nesterov bool) (done int) {
	velocity = velocity[:len(w)]
	for i, gi := range g[:len(w)] {
		v := normal(float32(velocity[i]*momentum) - float32(gi*lr))
		velocity[i] = v
		if nesterov {
			v = float32(v*momentum) - float32(gi*lr)
		}
		w[i] += v
	}
	return len(w)
}
