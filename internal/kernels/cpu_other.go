//go:build !amd64 || purego

package kernels

// best returns the best implementation for this machine: there is no assembly.
func best() int32 { return generic }

func (t *tile) run() { t.runGeneric() }

func transpose8(dst, src []float32, dstRow, srcRow, blocks int) {
	transposeGeneric(dst, src, 8*blocks, 8, dstRow, srcRow)
}

func panels32(dst, x []float32, rows, whole, stride, room int) {
	for i := range rows * whole {
		copy(dst[i%whole*room*panel+i/whole*panel:][:panel], x[i/whole*stride+i%whole*panel:])
	}
}

func zeroTimesFast(_ []float32) (float32, int) { return 0, 0 }

func reluFast(_, _ []float32) int { return 0 }

func reluGradFast(_, _, _ []float32) int { return 0 }

func affineFast(_, _ []float32, _ *[2]float32) int { return 0 }

func combineFast(_, _, _ []float32, _ *[2]float32) int { return 0 }

func addScaledFast(_, _, _, _, _, _ []float32, _ *[4]float32) int { return 0 }

func adamFast(_, _, _, _ []float32, _ *[4]float32) int { return 0 }

func adagradFast(_, _, _ []float32, _ *[2]float32) int { return 0 }

func rmspropFast(_, _, _ []float32, _ *[4]float32) int { return 0 }

func sgdFast(_, _ []float32, _ *[1]float32) int { return 0 }

func momentumFast(_, _, _ []float32, _ *[2]float32) int { return 0 }

func nesterovFast(_, _, _ []float32, _ *[2]float32) int { return 0 }

func (*Pool) maxRowFast(_, _ []float32, _ int) bool { return false }

func (*Pool) maxGradFast(_, _, _, _ []float32, _ int) bool { return false }

func (*columnRows) momentsFast() int { return 0 }

func (*columnRows) normFast() int { return 0 }

func (*columnRows) normGradSumsFast() int { return 0 }

func (*columnRows) normGradFast() int { return 0 }

func multiplyAdds(rounds int) { multiplyAddsGeneric(rounds) }

func flopsPerRound() int { return 8 * 2 }

func (*dropper) fast(_, _ []float32, _ int) int { return 0 }

func (t *winogradTile) image() { t.imageGeneric() }

func (t *winogradTile) filter() { t.filterGeneric() }

func (t *winogradTile) output() { t.outputGeneric() }

func (t *winogradTile) outputGrad() { t.outputGradGeneric() }

func (t *winogradTile) filterGrad() { t.filterGradGeneric() }

func (*Warp) rowFast(_, _ []float32, _ *[6]float32, ox, _ int) int { return ox }
