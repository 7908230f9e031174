package kernels

import "math"

// SoftmaxCrossEntropy computes the mean over the batch of the cross-entropy of
// softmax(logits) against target, a distribution over the c classes per row:
//
//	loss[0] = 1/n Σn Σc target[n,c]·(log Σk exp(logits[n,k]) - logits[n,c])
//
// A class with target 0 adds nothing, however small its probability.
func SoftmaxCrossEntropy(loss, logits, target []float32, n, c int) {
	need("SoftmaxCrossEntropy", "loss", loss, 1)
	need("SoftmaxCrossEntropy", "logits", logits, n, c)
	need("SoftmaxCrossEntropy", "target", target, n, c)
	total := 0.0
	for i := range n {
		x, t := logits[i*c:][:c], target[i*c:][:c]
		largest, sum := sumExp(x)
		logSum := math.Log(sum) // of exp(x-largest)
		if math.IsNaN(logSum) {
			total = logSum
		}
		for j, p := range t {
			if p != 0 {
				total += float64(float64(p) * (logSum + largest - float64(x[j])))
			}
		}
	}
	loss[0] = float32(total / float64(n))
}

// SoftmaxCrossEntropyGrad computes the gradient of [SoftmaxCrossEntropy] for
// the logits, times dloss:
//
//	dx[n,c] = dloss/n·(softmax(logits)[n,c]·Σk target[n,k] - target[n,c])
func SoftmaxCrossEntropyGrad(dx, logits, target []float32, dloss float32, n, c int) {
	need("SoftmaxCrossEntropyGrad", "dx", dx, n, c)
	need("SoftmaxCrossEntropyGrad", "logits", logits, n, c)
	need("SoftmaxCrossEntropyGrad", "target", target, n, c)
	factor := float64(dloss) / float64(n)
	for i := range n {
		dx, x, t := dx[i*c:][:c], logits[i*c:][:c], target[i*c:][:c]
		total := sum(t)
		largest, sum := sumExp(x)
		for j, v := range x {
			p := math.Exp(float64(v)-largest) / sum
			dx[j] = normal(float32(factor * (float64(p*total) - float64(t[j]))))
		}
	}
}

func sum(x []float32) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v)
	}
	return s
}
