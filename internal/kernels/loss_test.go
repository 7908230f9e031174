package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

func defineSoftmax(x []float64, c int) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		total := 0.0
		for _, v := range x[i/c*c:][:c] {
			total += math.Exp(v)
		}
		y[i] = math.Exp(x[i]) / total
	}
	return y
}

// defineCrossEntropy returns the loss of probabilities far from 0 and 1.
func defineCrossEntropy(p []float64, target []float32, c int) []float64 {
	loss := 0.0
	for i := range p {
		total := 0.0
		for _, v := range p[i/c*c:][:c] {
			total += v
		}
		loss -= float64(target[i]) * math.Log(p[i]/total)
	}
	return []float64{loss / float64(len(p)/c)}
}

func TestSoftmaxIsItsDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 1}, {3, 10}, {7, 5}, {2, 100}} {
		n, c := size[0], size[1]
		x, dy := randoms(rng, n*c), randoms(rng, n*c)
		y, dx := make([]float32, n*c), make([]float32, n*c)
		Softmax(y, x, n, c)
		near(t, "y", y, defineSoftmax(wide(x), c))
		SoftmaxGrad(dx, y, dy, n, c)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 { return defineSoftmax(x, c) }, wide(x), dy))
	}
}

func TestSoftmaxOfLargeValuesIsFinite(t *testing.T) {
	y := make([]float32, 3)
	Softmax(y, []float32{3e38, -3e38, 3e38}, 1, 3)
	near(t, "y", y, []float64{0.5, 0, 0.5})
	Softmax(y, []float32{float32(math.Inf(-1)), 0, -1000}, 1, 3)
	near(t, "y", y, []float64{0, 1, 0})
}

func TestSoftmaxCrossEntropyIsItsDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 2}, {3, 10}, {32, 10}, {2, 100}} {
		n, c := size[0], size[1]
		logits, target := randoms(rng, n*c), distributions(rng, n, c)
		loss, dx := make([]float32, 1), make([]float32, n*c)
		define := func(x []float64) []float64 { return defineCrossEntropy(defineSoftmax(x, c), target, c) }
		SoftmaxCrossEntropy(loss, logits, target, n, c)
		near(t, "loss", loss, define(wide(logits)))
		SoftmaxCrossEntropyGrad(dx, logits, target, 0.5, n, c)
		near(t, "dx", dx, numericGrad(define, wide(logits), []float32{0.5}))
	}
}

func TestSoftmaxCrossEntropyOfLargeLogitsIsExact(t *testing.T) {
	loss, dx := make([]float32, 1), make([]float32, 3)
	logits, target := []float32{1000, 0, -1000}, []float32{0, 0, 1}
	SoftmaxCrossEntropy(loss, logits, target, 1, 3)
	near(t, "loss", loss, []float64{2000})
	SoftmaxCrossEntropyGrad(dx, logits, target, 1, 1, 3)
	near(t, "dx", dx, []float64{1, 0, -1})
}

func TestSoftmaxCrossEntropyOfNaNIsNaN(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		loss := make([]float32, 1)
		SoftmaxCrossEntropy(loss, []float32{1, 2, float32(bad), 4}, []float32{1, 0, 0, 1}, 2, 2)
		if !math.IsNaN(float64(loss[0])) {
			t.Errorf("loss with a logit of %v is %v", bad, loss[0])
		}
	}
}

func TestCrossEntropyIsItsDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 2}, {3, 10}, {32, 10}, {2, 100}} {
		n, c := size[0], size[1]
		p, target := distributions(rng, n, c), distributions(rng, n, c)
		for i := range p {
			p[i] *= 3 // rows need not sum to 1
		}
		loss, dp := make([]float32, 1), make([]float32, n*c)
		define := func(p []float64) []float64 { return defineCrossEntropy(p, target, c) }
		CrossEntropy(loss, p, target, n, c)
		near(t, "loss", loss, define(wide(p)))
		CrossEntropyGrad(dp, p, target, 0.5, n, c)
		near(t, "dp", dp, numericGrad(define, wide(p), []float32{0.5}))
	}
}

func TestCrossEntropyEqualsKerasExample(t *testing.T) {
	target := []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}
	p := []float32{.9, .05, .05, .05, .89, .06, .05, .01, .94}
	loss := make([]float32, 1)
	CrossEntropy(loss, p, target, 3, 3)
	if want := (0.10536 + 0.11653 + 0.06188) / 3; math.Abs(float64(loss[0])-want) > 1e-5 {
		t.Errorf("loss %v, want %v", loss[0], want)
	}
}

func TestCrossEntropyClipsProbabilities(t *testing.T) {
	loss, dp := make([]float32, 1), make([]float32, 3)
	p, target := []float32{0, 0.25, 0.75}, []float32{1, 0, 0}
	CrossEntropy(loss, p, target, 1, 3)
	near(t, "loss", loss, []float64{-math.Log(1e-7)})
	CrossEntropyGrad(dp, p, target, 1, 1, 3)
	near(t, "gradient of a clipped class", dp, []float64{0, 0, 0})

	CrossEntropyGrad(dp, []float32{0, 0.5, 1.5}, []float32{0.5, 0.5, 0}, 1, 1, 3)
	near(t, "gradient beside a clipped class", dp, []float64{0.25, -0.75, 0.25})

	p = []float32{1, 0, 0}
	CrossEntropy(loss, p, target, 1, 3)
	if want := -math.Log(float64(largest)); math.Abs(float64(loss[0])-want) > 1e-12 {
		t.Errorf("loss %v, want %v", loss[0], want)
	}
	CrossEntropyGrad(dp, p, target, 1, 1, 3)
	near(t, "gradient of a sure class", dp, []float64{0, 0, 0})
}

// decisions returns n rows of the targets of c decisions, true then false, with a weight.
func decisions(rng *rand.Rand, n, c int) []float32 {
	target := make([]float32, 2*n*c)
	for i := range n {
		weight := 0.5 + rng.Float32()
		for j := range c {
			yes := float32(rng.IntN(2))
			target[2*i*c+j], target[2*i*c+c+j] = weight*yes, weight*(1-yes)
		}
	}
	return target
}

func sigmoids(x []float64) []float64 {
	p := make([]float64, len(x))
	for i, v := range x {
		p[i] = 1 / (1 + math.Exp(-v))
	}
	return p
}

// defineBinary returns the loss of probabilities far from 0 and 1.
func defineBinary(p []float64, target []float32, n, c int, gamma, yes, no float64) []float64 {
	loss := 0.0
	for i := range n {
		for j := range c {
			q := p[i*c+j]
			loss -= yes * float64(target[2*i*c+j]) * math.Pow(1-q, gamma) * math.Log(q)
			loss -= no * float64(target[2*i*c+c+j]) * math.Pow(q, gamma) * math.Log(1-q)
		}
	}
	return []float64{loss / float64(n*c)}
}

func TestBinaryCrossEntropiesAreTheirDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 1}, {32, 1}, {3, 7}} {
		n, c := size[0], size[1]
		target, logits := decisions(rng, n, c), randoms(rng, n*c)
		loss, dx := make([]float32, 1), make([]float32, n*c)
		ofLogits := func(x []float64) []float64 { return defineBinary(sigmoids(x), target, n, c, 0, 1, 1) }
		SigmoidCrossEntropy(loss, logits, target, n, c)
		near(t, "loss of logits", loss, ofLogits(wide(logits)))
		SigmoidCrossEntropyGrad(dx, logits, target, 0.5, n, c)
		near(t, "dx", dx, numericGrad(ofLogits, wide(logits), []float32{0.5}))

		p := make([]float32, n*c)
		Sigmoid(p, logits)
		for _, gamma := range []float64{0, 0.5, 2, 3} {
			define := func(p []float64) []float64 { return defineBinary(p, target, n, c, gamma, 0.3, 0.7) }
			BinaryFocalCrossEntropy(loss, p, target, n, c, gamma, 0.3, 0.7)
			near(t, "focal loss", loss, define(wide(p)))
			BinaryFocalCrossEntropyGrad(dx, p, target, 0.5, n, c, gamma, 0.3, 0.7)
			near(t, "gradient of the focal loss", dx, numericGrad(define, wide(p), []float32{0.5}))
			ofLogits := func(x []float64) []float64 { return define(sigmoids(x)) }
			SigmoidFocalCrossEntropy(loss, logits, target, n, c, gamma, 0.3, 0.7)
			near(t, "focal loss of logits", loss, ofLogits(wide(logits)))
			SigmoidFocalCrossEntropyGrad(dx, logits, target, 0.5, n, c, gamma, 0.3, 0.7)
			near(t, "gradient of the focal loss of logits", dx, numericGrad(ofLogits, wide(logits), []float32{0.5}))
		}
		BinaryCrossEntropy(loss, p, target, n, c)
		near(t, "loss of probabilities", loss, defineBinary(wide(p), target, n, c, 0, 1, 1))
		BinaryCrossEntropyGrad(dx, p, target, 0.5, n, c)
		near(t, "dp", dx, numericGrad(func(p []float64) []float64 { return defineBinary(p, target, n, c, 0, 1, 1) }, wide(p), []float32{0.5}))
	}
}

func TestSigmoidCrossEntropyOfLargeLogitsIsExact(t *testing.T) {
	loss, dx := make([]float32, 1), make([]float32, 3)
	logits, target := []float32{1000, -1000, 50}, []float32{0, 1, 1, 1, 0, 0}
	SigmoidCrossEntropy(loss, logits, target, 1, 3)
	near(t, "loss", loss, []float64{2000. / 3})
	SigmoidCrossEntropyGrad(dx, logits, target, 3, 1, 3)
	near(t, "dx", dx, []float64{1, -1, 0})
	SigmoidCrossEntropy(loss, []float32{1, 2, float32(math.NaN())}, make([]float32, 6), 1, 3)
	if loss[0] == loss[0] {
		t.Errorf("the loss of NaN is %v", loss[0])
	}
}

// A surely wrong decision has the whole gradient, a surely right one none.
func TestSigmoidFocalCrossEntropyOfLargeLogitsIsExact(t *testing.T) {
	loss, dx := make([]float32, 1), make([]float32, 4)
	logits, target := []float32{1000, -1000, -18, 50}, []float32{0, 1, 1, 1, 1, 0, 0, 0}
	SigmoidFocalCrossEntropy(loss, logits, target, 1, 4, 2, 1, 1)
	near(t, "loss", loss, []float64{2018. / 4})
	SigmoidFocalCrossEntropyGrad(dx, logits, target, 4, 1, 4, 2, 1, 1)
	near(t, "dx", dx, []float64{1, -1, -1, 0})
	SigmoidFocalCrossEntropy(loss, []float32{1, 2, float32(math.NaN())}, make([]float32, 6), 1, 3, 2, 1, 1)
	if loss[0] == loss[0] {
		t.Errorf("the loss of NaN is %v", loss[0])
	}
}

func TestBinaryCrossEntropyClipsProbabilities(t *testing.T) {
	loss, dp := make([]float32, 1), make([]float32, 2)
	p, target := []float32{0, 1}, []float32{1, 1, 0, 0}
	BinaryCrossEntropy(loss, p, target, 1, 2)
	near(t, "loss", loss, []float64{-math.Log(1e-7) / 2})
	BinaryCrossEntropyGrad(dp, p, target, 1, 1, 2)
	near(t, "gradient where clipped", dp, []float64{0, 0})
}

func TestFocalCrossEntropyIsItsDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 2}, {3, 10}, {2, 100}} {
		n, c := size[0], size[1]
		p, target := distributions(rng, n, c), distributions(rng, n, c)
		for i := range p {
			p[i] *= 3 // rows need not sum to 1
		}
		loss, dp := make([]float32, 1), make([]float32, n*c)
		for _, gamma := range []float64{0, 0.5, 2, 3} {
			define := func(p []float64) []float64 {
				sum := 0.0
				for i := range n {
					total := 0.0
					for _, v := range p[i*c:][:c] {
						total += v
					}
					for j, v := range p[i*c:][:c] {
						sum -= 0.3 * float64(target[i*c+j]) * math.Pow(1-v/total, gamma) * math.Log(v/total)
					}
				}
				return []float64{sum / float64(n)}
			}
			FocalCrossEntropy(loss, p, target, n, c, gamma, 0.3)
			near(t, "loss", loss, define(wide(p)))
			FocalCrossEntropyGrad(dp, p, target, 0.5, n, c, gamma, 0.3)
			near(t, "dp", dp, numericGrad(define, wide(p), []float32{0.5}))
		}
	}
}
