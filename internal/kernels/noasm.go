//go:build !amd64 || purego

package kernels

// best returns the best implementation for this machine: there is no assembly.
func best() int32 { return generic }

func (t *tile) run() { t.runGeneric() }

func transpose8(dst, src []float32, dstRow, srcRow, blocks int) {
	transposeGeneric(dst, src, 8*blocks, 8, dstRow, srcRow)
}
