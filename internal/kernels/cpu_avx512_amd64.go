//go:build !purego

package kernels

// withAVX512 replaces what AVX-512, vectors of 16 values, does better than AVX2.
func withAVX512(s instructionSet) instructionSet {
	s.name = "avx512"
	s.tiles = []tileKernel{
		{rows: 12, cols: 32, least: 17, run: tile32AVX512},
		{rows: 12, cols: 16, least: 9, run: tile16AVX512},
		{rows: 12, cols: 8, least: 1, run: tile8AVX512},
	}
	s.addScaled = addScaledAVX512

	s.winogradImage = winogradImageAVX512
	s.winogradFilter = winogradFilterAVX512
	s.winogradOutput = winogradOutputAVX512
	s.winogradOutputGrad = winogradOutputGradAVX512
	s.winogradFilterGrad = winogradFilterGradAVX512

	s.relu = reluAVX512
	s.reluGrad = reluGradAVX512
	s.affine = affineAVX512
	s.combine = combineAVX512
	s.dropout = dropoutAVX512
	s.zeroTimes = zeroTimesAVX512

	s.adam = adamAVX512
	s.adagrad = adagradAVX512
	s.rmsprop = rmspropAVX512
	s.sgd = sgdAVX512
	s.momentum = momentumAVX512

	s.moments = momentsAVX512
	s.norm = normAVX512
	s.normGradSums = normGradSumsAVX512
	s.normGrad = normGradAVX512

	s.maxPoolRow = maxPoolRowAVX512
	s.maxPoolGradRow = maxPoolGradRowAVX512

	s.multiplyAdds = multiplyAddsAVX512

	s.flopsPerRound = 24 * 16 * 2 // sums, lanes, multiply and add
	return s
}

// In assembly, written by _asm.

func tile32AVX512(t *tile)
func tile16AVX512(t *tile)
func tile8AVX512(t *tile)
func addScaledAVX512(y, rows, next []float32, a *[4]float32) (done int)
func winogradImageAVX512(t *winogradTile)
func winogradFilterAVX512(t *winogradTile)
func winogradOutputAVX512(t *winogradTile)
func winogradOutputGradAVX512(t *winogradTile)
func winogradFilterGradAVX512(t *winogradTile)
func reluAVX512(out, x []float32) (done int)
func reluGradAVX512(dx, y, dy []float32) (done int)
func affineAVX512(out, x []float32, scale, offset float32) (done int)
func combineAVX512(out, x, y []float32, a, b float32) (done int)
func dropoutAVX512(out, x []float32, counter uint32, d *dropper) (done int)
func zeroTimesAVX512(x []float32) (sum float32, done int)
func adamAVX512(w, grad, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int)
func adagradAVX512(w, grad, accumulator []float32, lr, epsilon float32) (done int)
func rmspropAVX512(w, grad, velocity []float32, lr, rho, rate, epsilon float32) (done int)
func sgdAVX512(w, grad []float32, lr float32) (done int)
func momentumAVX512(w, grad, velocity []float32, lr, momentum float32, nesterov bool) (done int)
func momentsAVX512(x, columns, sums []float32, rows, width, stride int)
func normAVX512(out, x, columns []float32, rows, width, stride int, relu bool)
func normGradSumsAVX512(x, dy, columns, sums []float32, rows, width, stride int, relu bool)
func normGradAVX512(dx, x, dy, columns []float32, rows, width, stride int, relu bool)
func maxPoolRowAVX512(p *poolRow)
func maxPoolGradRowAVX512(p *poolRow) (missing int)
func multiplyAddsAVX512(rounds int)
