package kernels

// ReLUGradSumRows computes the gradients of [ReLU] and of the addition of a bias before it
// in one pass: dy[n,u] is kept if the output y[n,u] > 0 and set to 0 otherwise, and sums[u]
// = Σn dy[n,u] of the result, the gradient for the bias. The results are those of
// [ReLUGrad] in place and [SumRows].
func ReLUGradSumRows(sums, dy, y []float32, n, u int) {
	const kernel = "ReLUGradSumRows"
	need(kernel, "sums", sums, u)
	need(kernel, "dy", dy, n, u)
	need(kernel, "y", y, n, u)
	parts := blocks(n, sumBlock)
	partSums := takeScratch(parts * u)
	reluGradSumRowsLoop.run(parts, reluGradSumRowsArgs{partSums, dy, y, n, u})
	addRows(sums[:u], partSums)
	giveScratch(partSums)
}

type reluGradSumRowsArgs struct {
	sums, dy, y []float32
	n, u        int
}

var reluGradSumRowsLoop = newLoop(func(a *reluGradSumRowsArgs, part int) {
	from, to := block(part, a.n, sumBlock)
	dy := a.dy[from*a.u : to*a.u]
	reluGradWith(current(), dy, a.y[from*a.u:to*a.u], dy)
	addRows(a.sums[part*a.u:][:a.u], dy)
})
