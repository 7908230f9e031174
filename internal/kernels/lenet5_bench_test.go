package kernels

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkLeNet5Step runs all kernels of a training step of LeNet5 (forward,
// backward, Adam) on one thread, with 32 images.
func BenchmarkLeNet5Step(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(map[int]string{1: "threads=1", 2: "threads=2"}[threads], func(b *testing.B) {
			withThreads(b, threads)
			step := newLeNet5Step(32)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(32*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// newLeNet5Step returns a function that takes one training step.
func newLeNet5Step(n int) func() {
	rng := rand.New(rand.NewPCG(1, 2))
	type layer struct{ out, x, dout, dx, w, dw, b, db, mw, vw, mb, vb []float32 }
	newLayer := func(x, dx []float32, out, w, bias int) layer {
		zero := func(n int) []float32 { return make([]float32, n) }
		l := layer{zero(out), x, zero(out), dx, randoms(rng, w), zero(w), zero(bias), zero(bias), zero(w), zero(w), zero(bias), zero(bias)}
		for i := range l.w {
			l.w[i] *= 0.1
		}
		return l
	}
	update := func(l layer) {
		Adam(l.w, l.dw, l.mw, l.vw, 0.001, 0.9, 0.999, 1e-7)
		Adam(l.b, l.db, l.mb, l.vb, 0.001, 0.9, 0.999, 1e-7)
	}
	conv1 := NewConv(n, 32, 32, 3, 6, 5, 5, 1, 1, false)
	conv1.ReLU = true
	pool1 := NewPool(n, 28, 28, 6, 2, 2, 2, 2, false)
	conv2 := NewConv(n, 14, 14, 6, 16, 5, 5, 1, 1, false)
	conv2.ReLU = true
	pool2 := NewPool(n, 10, 10, 16, 2, 2, 2, 2, false)

	image := randoms(rng, n*32*32*3)
	c1 := newLayer(image, nil, n*28*28*6, 5*5*3*6, 6)
	p1 := newLayer(c1.out, c1.dout, n*14*14*6, 0, 0)
	c2 := newLayer(p1.out, p1.dout, n*10*10*16, 5*5*6*16, 16)
	p2 := newLayer(c2.out, c2.dout, n*5*5*16, 0, 0)
	d1 := newLayer(p2.out, p2.dout, n*120, 400*120, 120)
	d2 := newLayer(d1.out, d1.dout, n*84, 120*84, 84)
	d3 := newLayer(d2.out, d2.dout, n*10, 84*10, 10)
	target := distributions(rng, n, 10)
	loss := make([]float32, 1)

	return func() {
		Conv2D(c1.out, c1.x, c1.w, c1.b, conv1)
		MaxPool2D(p1.out, p1.x, pool1)
		Conv2D(c2.out, c2.x, c2.w, c2.b, conv2)
		MaxPool2D(p2.out, p2.x, pool2)
		Dense(d1.out, d1.x, d1.w, d1.b, n, 400, 120, true)
		Dense(d2.out, d2.x, d2.w, d2.b, n, 120, 84, true)
		Dense(d3.out, d3.x, d3.w, d3.b, n, 84, 10, false)
		SoftmaxCrossEntropy(loss, d3.out, target, n, 10)

		SoftmaxCrossEntropyGrad(d3.dout, d3.out, target, 1, n, 10)
		denseBackward := func(l layer, f, u int) {
			DenseGradW(l.dw, l.x, l.dout, n, f, u)
			DenseGradX(l.dx, l.dout, l.w, n, f, u)
		}
		SumRows(d3.db, d3.dout, n, 10)
		denseBackward(d3, 84, 10)
		ReLUGradSumRows(d2.db, d2.dout, d2.out, n, 84)
		denseBackward(d2, 120, 84)
		ReLUGradSumRows(d1.db, d1.dout, d1.out, n, 120)
		denseBackward(d1, 400, 120)
		MaxPool2DGrad(p2.dx, p2.x, p2.out, p2.dout, pool2)
		ReLUGradSumRows(c2.db, c2.dout, c2.out, n*10*10, 16)
		Conv2DGradW(c2.dw, c2.x, c2.dout, conv2)
		Conv2DGradX(c2.dx, c2.dout, c2.w, conv2)
		MaxPool2DGrad(p1.dx, p1.x, p1.out, p1.dout, pool1)
		ReLUGradSumRows(c1.db, c1.dout, c1.out, n*28*28, 6)
		Conv2DGradW(c1.dw, c1.x, c1.dout, conv1)
		for _, l := range []layer{c1, c2, d1, d2, d3} {
			update(l)
		}
	}
}
