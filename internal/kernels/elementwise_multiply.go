package kernels

// multiply computes out[i] = x[i]·y[i] for the values of out.
func multiply(out, x, y []float32) {
	x, y = x[:len(out)], y[:len(out)]
	done := current().multiply(out, x, y)
	multiplyGeneric(out[done:], x[done:], y[done:])
}

func multiplyGeneric(out, x, y []float32) (done int) {
	y = y[:len(out)]
	for i, v := range x[:len(out)] {
		out[i] = v * y[i]
	}
	return len(out)
}

// addProduct computes sum[i] += x[i]·y[i], and rounds the products.
func addProduct(sum, x, y []float32) {
	x, y = x[:len(sum)], y[:len(sum)]
	done := current().addProduct(sum, x, y)
	addProductGeneric(sum[done:], x[done:], y[done:])
}

func addProductGeneric(sum, x, y []float32) (done int) {
	y = y[:len(sum)]
	for i, v := range x[:len(sum)] {
		sum[i] += float32(v * y[i])
	}
	return len(sum)
}

// scale computes out[i] = x[i]·by.
func scale(out, x []float32, by float32) {
	x = x[:len(out)]
	done := current().scale(out, x, by)
	scaleGeneric(out[done:], x[done:], by)
}

func scaleGeneric(out, x []float32, by float32) (done int) {
	for i, v := range x[:len(out)] {
		out[i] = v * by
	}
	return len(out)
}

// addScaledTo computes sum[i] += x[i]·by, and rounds the products.
func addScaledTo(sum, x []float32, by float32) {
	x = x[:len(sum)]
	done := current().combine(sum, sum, x, 1, by)
	combineGeneric(sum[done:], sum[done:], x[done:], 1, by)
}

// ScaleExamples computes out[n,i] = x[n,i]·scale(n), or 0 where that factor is 0, for n
// examples of size values each. scale may be called concurrently. It may work in place.
func ScaleExamples(out, x []float32, n, size int, scale func(n int) float32) {
	need("ScaleExamples", "out", out, n, size)
	need("ScaleExamples", "x", x, n, size)
	scaleExamplesLoop.run(n, scaleExamplesArgs{out, x, size, scale})
}

type scaleExamplesArgs struct {
	out, x []float32
	size   int
	scale  func(n int) float32
}

// One part is one example.
var scaleExamplesLoop = newLoop(func(a *scaleExamplesArgs, n int) {
	out := a.out[n*a.size:][:a.size]
	if by := a.scale(n); by == 0 {
		clear(out)
	} else {
		scale(out, a.x[n*a.size:], by)
	}
})
