//go:build !purego

package kernels

// Every processor with arm64 has NEON.
func init() { addSet(withNEON(generic)) }

// withNEON replaces what NEON, vectors of 4 values, does better.
func withNEON(s instructionSet) instructionSet {
	s.name = "neon"
	s.tiles = []tileKernel{
		{rows: 6, cols: 16, least: 16, run: tile16NEON},
		{rows: 8, cols: 8, least: 8, run: tile8NEON},
		{rows: 12, cols: 4, least: 4, run: tile4NEON},
		{rows: 12, cols: 3, least: 1, run: tile3NEON},
	}
	s.wholePanels = wholePanelsNEON
	s.transpose8 = transpose8NEON
	s.addScaled = addScaledNEON

	s.winogradImage = winogradImageNEON
	s.winogradFilter = winogradFilterNEON
	s.winogradOutput = winogradOutputNEON
	s.winogradOutputGrad = winogradOutputGradNEON
	s.winogradFilterGrad = winogradFilterGradNEON

	s.relu = reluNEON
	s.reluGrad = reluGradNEON
	s.affine = affineNEON
	s.combine = combineNEON
	s.dropout = dropoutNEON
	s.zeroTimes = zeroTimesNEON

	s.adam = adamNEON
	s.adagrad = adagradNEON
	s.rmsprop = rmspropNEON
	s.sgd = sgdNEON
	s.momentum = momentumNEON

	s.moments = momentsNEON
	s.norm = normNEON
	s.normGradSums = normGradSumsNEON
	s.normGrad = normGradNEON

	s.maxPoolRow = maxPoolRowNEON
	s.maxPoolGradRow = maxPoolGradRowNEON
	s.warpRow = warpRowNEON

	s.multiplyAdds = multiplyAddsNEON

	s.flopsPerRound = 24 * 4 * 2 // sums, lanes, multiply and add
	return s
}

// In assembly, written by _asm.

func tile16NEON(t *tile)
func tile8NEON(t *tile)
func tile4NEON(t *tile)
func tile3NEON(t *tile)
func wholePanelsNEON(panels, x []float32, rows, whole, stride, room int)
func transpose8NEON(dst, src []float32, dstRow, srcRow, blocks int)
func addScaledNEON(y, rows, next []float32, a *[4]float32) (done int)
func winogradImageNEON(t *winogradTile)
func winogradFilterNEON(t *winogradTile)
func winogradOutputNEON(t *winogradTile)
func winogradOutputGradNEON(t *winogradTile)
func winogradFilterGradNEON(t *winogradTile)
func reluNEON(out, x []float32) (done int)
func reluGradNEON(dx, y, dy []float32) (done int)
func affineNEON(out, x []float32, scale, offset float32) (done int)
func combineNEON(out, x, y []float32, a, b float32) (done int)
func dropoutNEON(out, x []float32, counter uint32, d *dropper) (done int)
func zeroTimesNEON(x []float32) (sum float32, done int)
func adamNEON(w, grad, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int)
func adagradNEON(w, grad, accumulator []float32, lr, epsilon float32) (done int)
func rmspropNEON(w, grad, velocity []float32, lr, rho, rate, epsilon float32) (done int)
func sgdNEON(w, grad []float32, lr float32) (done int)
func momentumNEON(w, grad, velocity []float32, lr, momentum float32, nesterov bool) (done int)
func momentsNEON(x, columns, sums []float32, rows, width, stride int)
func normNEON(out, x, columns []float32, rows, width, stride int, relu bool)
func normGradSumsNEON(x, dy, columns, sums []float32, rows, width, stride int, relu bool)
func normGradNEON(dx, x, dy, columns []float32, rows, width, stride int, relu bool)
func maxPoolRowNEON(p *poolRow)
func maxPoolGradRowNEON(p *poolRow) (missing int)
func warpRowNEON(out, x []float32, from, to int, r *warpRow) (done int)
func multiplyAddsNEON(rounds int)
