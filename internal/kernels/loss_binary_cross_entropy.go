package kernels

// SigmoidCrossEntropy computes the mean over the batch and the c outputs of the
// cross-entropy of sigmoid(logits) against target [n,2,c], which has first the
// probability that each output is true, then that it is false:
//
//	loss[0] = 1/(n·c) Σn Σc target[n,0,c]·log(1+exp(-x[n,c])) + target[n,1,c]·log(1+exp(x[n,c]))
//
// as in Keras 3 (binary_crossentropy with logits). An output whose two targets are 0 adds
// nothing.
func SigmoidCrossEntropy(loss, logits, target []float32, n, c int) {
	need("SigmoidCrossEntropy", "loss", loss, 1)
	need("SigmoidCrossEntropy", "logits", logits, n, c)
	need("SigmoidCrossEntropy", "target", target, n, 2*c)
	total := 0.0
	for i := range n {
		x, t := logits[i*c:][:c], target[i*2*c:][:2*c]
		for j, v := range x {
			if yes := float64(t[j]); yes != 0 || v != v {
				total += float64(yes * softplus(-float64(v)))
			}
			if no := float64(t[c+j]); no != 0 {
				total += float64(no * softplus(float64(v)))
			}
		}
	}
	loss[0] = float32(total / float64(n*c))
}

// SigmoidCrossEntropyGrad computes the gradient of [SigmoidCrossEntropy] for the logits,
// times dloss:
//
//	dx[n,c] = dloss/(n·c)·(sigmoid(x[n,c])·(target[n,0,c] + target[n,1,c]) - target[n,0,c])
func SigmoidCrossEntropyGrad(dx, logits, target []float32, dloss float32, n, c int) {
	need("SigmoidCrossEntropyGrad", "dx", dx, n, c)
	need("SigmoidCrossEntropyGrad", "logits", logits, n, c)
	need("SigmoidCrossEntropyGrad", "target", target, n, 2*c)
	factor := float64(dloss) / float64(n*c)
	for i := range n {
		dx, x, t := dx[i*c:][:c], logits[i*c:][:c], target[i*2*c:][:2*c]
		for j, v := range x {
			yes, no := float64(t[j]), float64(t[c+j])
			dx[j] = normal(float32(factor * (float64(sigmoid(float64(v))*(yes+no)) - yes)))
		}
	}
}

// BinaryCrossEntropy is [BinaryFocalCrossEntropy] with gamma 0 and the weights 1: for
// outputs p that are not sigmoids.
func BinaryCrossEntropy(loss, p, target []float32, n, c int) {
	BinaryFocalCrossEntropy(loss, p, target, n, c, 0, 1, 1)
}

// BinaryCrossEntropyGrad is the gradient of [BinaryCrossEntropy] for p.
func BinaryCrossEntropyGrad(dp, p, target []float32, dloss float32, n, c int) {
	BinaryFocalCrossEntropyGrad(dp, p, target, dloss, n, c, 0, 1, 1)
}
