package kernels

import "math"

// RMSprop updates the weights w and their state, in place, from the gradient g (Tieleman
// and Hinton 2012), in the form of Keras 3's keras/src/optimizers/rmsprop.py:
//
//	velocity = rho·velocity + (1-rho)·g²
//	average = rho·average + (1-rho)·g
//	step = lr·g / √(velocity - average² + epsilon)
//	momenta = momentum·momenta + step
//	w -= momenta
//
// The average is nil without centring: then it is 0 in the step. The momenta are nil
// without momentum, w -= step. Each factor is rounded once, from float64. It reports
// whether the weights are finite.
func RMSprop(w, g, velocity, average, momenta []float32, lr, rho, momentum, epsilon float64) bool {
	need("RMSprop", "g", g, len(w))
	need("RMSprop", "velocity", velocity, len(w))
	if average != nil {
		need("RMSprop", "average", average, len(w))
	}
	if momenta != nil {
		need("RMSprop", "momenta", momenta, len(w))
	}
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	rmspropLoop.run(parts, rmspropArgs{sums, w, g, velocity, average, momenta,
		float32(lr), float32(rho), float32(1 - rho), float32(momentum), float32(epsilon)})
	return finite(sums)
}

type rmspropArgs struct {
	sums, w, g, velocity, average, momenta []float32
	lr, rho, rate, momentum, epsilon       float32
}

var rmspropLoop = newLoop(func(a *rmspropArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, velocity := a.w[from:to], a.g[from:to], a.velocity[from:to]
	done := 0
	if a.average == nil && a.momenta == nil {
		done = current().rmsprop(w, g, velocity, a.lr, a.rho, a.rate, a.epsilon)
	} else if a.average == nil {
		done = current().rmspropMomentum(w, g, velocity, a.momenta[from:to], a.lr, a.rho, a.rate, a.momentum, a.epsilon)
	}
	for i := done; i < len(w); i++ {
		v := normal(float32(velocity[i]*a.rho) + float32(g[i]*g[i]*a.rate))
		velocity[i] = v
		if a.average != nil {
			average := normal(float32(a.average[from+i]*a.rho) + float32(g[i]*a.rate))
			a.average[from+i] = average
			v -= float32(average * average)
		}
		step := g[i] * a.lr / float32(math.Sqrt(float64(v+a.epsilon)))
		if a.momenta != nil {
			step = normal(step + float32(a.momenta[from+i]*a.momentum))
			a.momenta[from+i] = step
		}
		w[i] -= step
	}
	a.sums[part] = zeroTimes(a.w[from:to])
})
