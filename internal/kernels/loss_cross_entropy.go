package kernels

import "math"

// Probabilities are clipped to this distance from 0 and 1 (keras.config.epsilon), in
// float32 as in Keras.
const (
	smallest float32 = 1e-7
	largest  float32 = 1 - 1e-7
)

// CrossEntropy computes the mean over the batch of the cross-entropy of the
// probabilities p against target, a distribution over the c classes per row:
//
//	loss[0] = -1/n Σn Σc target[n,c]·log clip(q[n,c]),  q[n,c] = p[n,c] / Σk p[n,k]
//
// as in Keras 3 (categorical_crossentropy of keras/src/backend/tensorflow/nn.py),
// where clip keeps q between 1e-7 and 1-1e-7. For the output of a softmax,
// [SoftmaxCrossEntropy] of its input is exact.
func CrossEntropy(loss, p, target []float32, n, c int) {
	need("CrossEntropy", "loss", loss, 1)
	need("CrossEntropy", "p", p, n, c)
	need("CrossEntropy", "target", target, n, c)
	total := 0.0
	for i := range n {
		p, t := p[i*c:][:c], target[i*c:][:c]
		rowSum := float32(sum(p))
		for j, v := range p {
			q := min(max(v/rowSum, smallest), largest)
			total -= float64(float64(t[j]) * math.Log(float64(q)))
		}
	}
	loss[0] = float32(total / float64(n))
}

// CrossEntropyGrad computes the gradient of [CrossEntropy] for p, times dloss:
//
//	dp[n,c] = (g[n,c] - Σk g[n,k]·q[n,k]) / Σk p[n,k]
//
// with g[n,c] = -dloss/n·target[n,c]/q[n,c], the gradient for q, which is 0
// where q is clipped.
func CrossEntropyGrad(dp, p, target []float32, dloss float32, n, c int) {
	need("CrossEntropyGrad", "dp", dp, n, c)
	need("CrossEntropyGrad", "p", p, n, c)
	need("CrossEntropyGrad", "target", target, n, c)
	factor := float64(dloss) / float64(n)
	for i := range n {
		dp, p, t := dp[i*c:][:c], p[i*c:][:c], target[i*c:][:c]
		rowSum := float32(sum(p))
		dot := 0.0
		for j, v := range p {
			dot += float64(clippedGrad(v/rowSum, t[j], factor) * float64(v/rowSum))
		}
		for j, v := range p {
			dp[j] = float32((clippedGrad(v/rowSum, t[j], factor) - dot) / float64(rowSum))
		}
	}
}

// clippedGrad is the gradient of -factor·t·log clip(q) for q.
func clippedGrad(q, t float32, factor float64) float64 {
	if q < smallest || q > largest {
		return 0
	}
	return -factor * float64(t) / float64(q)
}
