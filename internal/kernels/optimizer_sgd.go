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
		done := sgdFast(w, g, &[...]float32{a.lr})
		for i, gi := range g[done:] {
			w[done+i] -= gi * a.lr
		}
	} else {
		a.withMomentum(w, g, a.velocity[from:to])
	}
	a.sums[part] = zeroTimes(w)
})

func (a *sgdArgs) withMomentum(w, g, velocity []float32) {
	done := 0
	if a.nesterov {
		done = nesterovFast(w, g, velocity, &[...]float32{a.lr, a.momentum})
	} else {
		done = momentumFast(w, g, velocity, &[...]float32{a.lr, a.momentum})
	}
	w, g, velocity = w[done:], g[done:], velocity[done:]
	for i, gi := range g[:len(w)] {
		v := velocity[i]*a.momentum - gi*a.lr
		velocity[i] = v
		if a.nesterov {
			v = v*a.momentum - gi*a.lr
		}
		w[i] += v
	}
}
