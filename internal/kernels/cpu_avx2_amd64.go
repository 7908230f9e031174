//go:build !purego

package kernels

// withAVX2 replaces what AVX2 and FMA, vectors of 8 values, do better.
func withAVX2(s instructionSet) instructionSet {
	s.name = "avx2"
	s.tiles = []tileKernel{
		{rows: 6, cols: 16, least: 16, run: tile16AVX2},
		{rows: 12, cols: 8, least: 1, run: tile8AVX2},
	}
	s.wholePanels = wholePanelsAVX2
	s.transpose8 = transpose8AVX2
	s.addScaled = addScaledAVX2

	s.winogradImage = winogradImageAVX2
	s.winogradFilter = winogradFilterAVX2
	s.winogradOutput = winogradOutputAVX2
	s.winogradOutputGrad = winogradOutputGradAVX2
	s.winogradFilterGrad = winogradFilterGradAVX2

	s.relu = reluAVX2
	s.reluGrad = reluGradAVX2
	s.affine = affineAVX2
	s.combine = combineAVX2
	s.dropout = dropoutAVX2
	s.zeroTimes = zeroTimesAVX2

	s.adam = adamAVX2
	s.adagrad = adagradAVX2
	s.rmsprop = rmspropAVX2
	s.sgd = sgdAVX2
	s.momentum = momentumAVX2

	s.moments = momentsAVX2
	s.norm = normAVX2
	s.normGradSums = normGradSumsAVX2
	s.normGrad = normGradAVX2

	s.maxPoolRow = maxPoolRowAVX2
	s.maxPoolGradRow = maxPoolGradRowAVX2
	s.warpRow = warpRowAVX2

	s.multiplyAdds = multiplyAddsAVX2

	s.flopsPerRound = 12 * 8 * 2 // sums, lanes, multiply and add
	return s
}

// In assembly, written by _asm.

func tile16AVX2(t *tile)
func tile8AVX2(t *tile)
func wholePanelsAVX2(panels, x []float32, rows, whole, stride, room int)
func transpose8AVX2(dst, src []float32, dstRow, srcRow, blocks int)
func addScaledAVX2(y, rows, next []float32, a *[4]float32) (done int)
func winogradImageAVX2(t *winogradTile)
func winogradFilterAVX2(t *winogradTile)
func winogradOutputAVX2(t *winogradTile)
func winogradOutputGradAVX2(t *winogradTile)
func winogradFilterGradAVX2(t *winogradTile)
func reluAVX2(out, x []float32) (done int)
func reluGradAVX2(dx, y, dy []float32) (done int)
func affineAVX2(out, x []float32, scale, offset float32) (done int)
func combineAVX2(out, x, y []float32, a, b float32) (done int)
func dropoutAVX2(out, x []float32, counter uint32, d *dropper) (done int)
func zeroTimesAVX2(x []float32) (sum float32, done int)
func adamAVX2(w, grad, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int)
func adagradAVX2(w, grad, accumulator []float32, lr, epsilon float32) (done int)
func rmspropAVX2(w, grad, velocity []float32, lr, rho, rate, epsilon float32) (done int)
func sgdAVX2(w, grad []float32, lr float32) (done int)
func momentumAVX2(w, grad, velocity []float32, lr, momentum float32, nesterov bool) (done int)
func momentsAVX2(x, columns, sums []float32, rows, width, stride int)
func normAVX2(out, x, columns []float32, rows, width, stride int, relu bool)
func normGradSumsAVX2(x, dy, columns, sums []float32, rows, width, stride int, relu bool)
func normGradAVX2(dx, x, dy, columns []float32, rows, width, stride int, relu bool)
func maxPoolRowAVX2(p *poolRow)
func maxPoolGradRowAVX2(p *poolRow) (missing int)
func warpRowAVX2(out, x []float32, from, to int, r *warpRow) (done int)
func multiplyAddsAVX2(rounds int)
