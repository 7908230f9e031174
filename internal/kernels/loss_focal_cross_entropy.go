package kernels

import "math"

// BinaryFocalCrossEntropy computes the mean over the batch and the c outputs of
//
//	-yes·target[n,0,c]·(1-p)^gamma·log clip(p) - no·target[n,1,c]·p^gamma·log(1-clip(p))
//
// for p = p[n,c] and target [n,2,c], first the probability that each output is true, then
// that it is false (Lin et al., Focal Loss for Dense Object Detection, 2017), as in Keras 3
// (binary_focal_crossentropy), where clip keeps p between 1e-7 and 1-1e-7.
func BinaryFocalCrossEntropy(loss, p, target []float32, n, c int, gamma, yes, no float64) {
	need("BinaryFocalCrossEntropy", "loss", loss, 1)
	need("BinaryFocalCrossEntropy", "p", p, n, c)
	need("BinaryFocalCrossEntropy", "target", target, n, 2*c)
	total := 0.0
	for i := range n {
		t := target[i*2*c:][:2*c]
		for j, v := range p[i*c:][:c] {
			is, not, q := float64(v), float64(1-v), min(max(v, smallest), largest)
			total += float64(yes*float64(t[j])*focal(not, gamma)*-math.Log(float64(q))) +
				float64(no*float64(t[c+j])*focal(is, gamma)*-math.Log(float64(1-q)))
		}
	}
	loss[0] = float32(total / float64(n*c))
}

// BinaryFocalCrossEntropyGrad computes the gradient of [BinaryFocalCrossEntropy] for p,
// times dloss. Where p is clipped, the logarithm has the gradient 0.
func BinaryFocalCrossEntropyGrad(dp, p, target []float32, dloss float32, n, c int, gamma, yes, no float64) {
	need("BinaryFocalCrossEntropyGrad", "dp", dp, n, c)
	need("BinaryFocalCrossEntropyGrad", "p", p, n, c)
	need("BinaryFocalCrossEntropyGrad", "target", target, n, 2*c)
	factor := float64(dloss) / float64(n*c)
	for i := range n {
		t, dp := target[i*2*c:][:2*c], dp[i*c:][:c]
		for j, v := range p[i*c:][:c] {
			is, not, q := float64(v), float64(1-v), min(max(v, smallest), largest)
			open := 0.0 // the gradient of clip
			if v >= smallest && v <= largest {
				open = 1
			}
			dYes := float64(focalGrad(not, gamma)*math.Log(float64(q))) - open*focal(not, gamma)/float64(q)
			dNo := float64(-focalGrad(is, gamma)*math.Log(float64(1-q))) + open*focal(is, gamma)/float64(1-q)
			dp[j] = normal(float32(factor * (float64(yes*float64(t[j])*dYes) + float64(no*float64(t[c+j])*dNo))))
		}
	}
}

// SigmoidFocalCrossEntropy computes [BinaryFocalCrossEntropy] of p = sigmoid(logits) from the
// logits, without clip:
//
//	yes·target[n,0,c]·(1-p)^gamma·log(1+exp(-x)) + no·target[n,1,c]·p^gamma·log(1+exp(x))
//
// as Keras 3 on TensorFlow, whose binary_crossentropy asks a sigmoid for its input
// (backend/tensorflow/nn.py, _get_logits). An output whose two targets are 0 adds nothing.
func SigmoidFocalCrossEntropy(loss, logits, target []float32, n, c int, gamma, yes, no float64) {
	need("SigmoidFocalCrossEntropy", "loss", loss, 1)
	need("SigmoidFocalCrossEntropy", "logits", logits, n, c)
	need("SigmoidFocalCrossEntropy", "target", target, n, 2*c)
	total := 0.0
	for i := range n {
		t := target[i*2*c:][:2*c]
		for j, v := range logits[i*c:][:c] {
			x := float64(v)
			if is := float64(t[j]); is != 0 || v != v {
				total += float64(yes * is * focal(sigmoid(-x), gamma) * softplus(-x))
			}
			if not := float64(t[c+j]); not != 0 {
				total += float64(no * not * focal(sigmoid(x), gamma) * softplus(x))
			}
		}
	}
	loss[0] = float32(total / float64(n*c))
}

// SigmoidFocalCrossEntropyGrad computes the gradient of [SigmoidFocalCrossEntropy] for the
// logits, times dloss. That of p is p·(1-p), so it is the mean of
//
//	no·target[n,1,c]·p^gamma·(gamma·(1-p)·log(1+exp(x)) + p) -
//	yes·target[n,0,c]·(1-p)^gamma·(gamma·p·log(1+exp(-x)) + 1-p)
func SigmoidFocalCrossEntropyGrad(dx, logits, target []float32, dloss float32, n, c int, gamma, yes, no float64) {
	need("SigmoidFocalCrossEntropyGrad", "dx", dx, n, c)
	need("SigmoidFocalCrossEntropyGrad", "logits", logits, n, c)
	need("SigmoidFocalCrossEntropyGrad", "target", target, n, 2*c)
	factor := float64(dloss) / float64(n*c)
	// of is the gradient of (1-p)^gamma·log(1+exp(-x)) for -x.
	of := func(x float64) float64 {
		p, not := sigmoid(x), sigmoid(-x)
		return focal(not, gamma) * (float64(gamma*p*softplus(-x)) + not)
	}
	for i := range n {
		dx, t := dx[i*c:][:c], target[i*2*c:][:2*c]
		for j, v := range logits[i*c:][:c] {
			x := float64(v)
			dx[j] = normal(float32(factor * (float64(no*float64(t[c+j])*of(-x)) - float64(yes*float64(t[j])*of(x)))))
		}
	}
}

// FocalCrossEntropy computes the mean over the batch of
//
//	Σc -alpha·target[n,c]·(1-q)^gamma·log q,  q = clip(p[n,c] / Σk p[n,k])
//
// for probabilities p and target, a distribution over the c classes per row, as in Keras 3
// (categorical_focal_crossentropy), where clip keeps q between 1e-7 and 1-1e-7.
func FocalCrossEntropy(loss, p, target []float32, n, c int, gamma, alpha float64) {
	need("FocalCrossEntropy", "loss", loss, 1)
	need("FocalCrossEntropy", "p", p, n, c)
	need("FocalCrossEntropy", "target", target, n, c)
	total := 0.0
	for i := range n {
		p, t := p[i*c:][:c], target[i*c:][:c]
		rowSum := float32(sum(p))
		for j, v := range p {
			q := min(max(v/rowSum, smallest), largest)
			total -= float64(float64(t[j]) * focal(float64(1-q), gamma) * math.Log(float64(q)))
		}
	}
	loss[0] = float32(alpha * total / float64(n))
}

// FocalCrossEntropyGrad computes the gradient of [FocalCrossEntropy] for p, times dloss:
//
//	dp[n,c] = (g[n,c] - Σk g[n,k]·q[n,k]) / Σk p[n,k]
//
// with g the gradient for q, which is 0 where q is clipped.
func FocalCrossEntropyGrad(dp, p, target []float32, dloss float32, n, c int, gamma, alpha float64) {
	need("FocalCrossEntropyGrad", "dp", dp, n, c)
	need("FocalCrossEntropyGrad", "p", p, n, c)
	need("FocalCrossEntropyGrad", "target", target, n, c)
	factor := alpha * float64(dloss) / float64(n)
	for i := range n {
		dp, p, t := dp[i*c:][:c], p[i*c:][:c], target[i*c:][:c]
		rowSum := float32(sum(p))
		grad := func(j int) (g, q float64) {
			r := p[j] / rowSum
			if r < smallest || r > largest {
				return 0, float64(r)
			}
			q, not := float64(r), float64(1-r)
			return factor * float64(t[j]) * (float64(focalGrad(not, gamma)*math.Log(q)) - focal(not, gamma)/q), q
		}
		dot := 0.0
		for j := range p {
			g, q := grad(j)
			dot += float64(g * q)
		}
		for j := range p {
			g, _ := grad(j)
			dp[j] = normal(float32((g - dot) / float64(rowSum)))
		}
	}
}

// focal is x^gamma, 1 for gamma 0.
func focal(x, gamma float64) float64 {
	switch gamma {
	case 0:
		return 1
	case 2:
		return x * x
	}
	return math.Pow(x, gamma)
}

// focalGrad is the gradient of [focal], 0 at x = 0.
func focalGrad(x, gamma float64) float64 {
	if gamma == 0 || x == 0 {
		return 0
	}
	return gamma * math.Pow(x, gamma-1)
}
