package kernels

import "math"

// AddPenalty computes out[0] = loss + l1·Σ|w| + l2·Σw² over the weights w.
func AddPenalty(out, w []float32, loss float32, l1, l2 float64) {
	need("AddPenalty", "out", out, 1)
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	penaltyLoop.run(parts, penaltyArgs{out: sums, w: w, l1: l1, l2: l2})
	total := float64(loss)
	for _, s := range sums {
		total += float64(s)
	}
	giveScratch(sums)
	out[0] = float32(total)
}

type penaltyArgs struct {
	out, w, grad []float32
	l1, l2       float64
}

var penaltyLoop = newLoop(func(a *penaltyArgs, part int) {
	from, to := block(part, len(a.w), grain)
	absolute, squares := 0.0, 0.0
	for _, v := range a.w[from:to] {
		absolute += math.Abs(float64(v))
		squares += float64(float64(v) * float64(v))
	}
	a.out[part] = float32(float64(a.l1*absolute) + float64(a.l2*squares))
})

// AddPenaltyGrad computes out[i] = grad[i] + l1·sign(w[i]) + 2·l2·w[i] for each value of
// out: the gradient of [AddPenalty] for w, if grad is that of the loss. It may work in
// place.
func AddPenaltyGrad(out, grad, w []float32, l1, l2 float64) {
	need("AddPenaltyGrad", "grad", grad, len(out))
	need("AddPenaltyGrad", "w", w, len(out))
	penaltyGradLoop.run(blocks(len(out), grain), penaltyArgs{out, w, grad, l1, l2})
}

var penaltyGradLoop = newLoop(func(a *penaltyArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, grad, w := a.out[from:to], a.grad[from:to], a.w[from:to]
	l1, twice := float32(a.l1), float32(2*a.l2)
	for i, v := range w {
		sum := grad[i] + float32(v*twice)
		switch {
		case v > 0:
			sum += l1
		case v < 0:
			sum -= l1
		}
		out[i] = sum
	}
})
