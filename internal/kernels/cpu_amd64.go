//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

func init() {
	x := cpu.X86
	if !x.HasAVX2 || !x.HasFMA {
		return
	}
	avx2 := withAVX2(generic)
	addSet(avx2)
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		addSet(withAVX512(avx2))
	}
}
