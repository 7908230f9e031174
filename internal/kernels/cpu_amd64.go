//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

func init() {
	x := cpu.X86
	if !x.HasAVX2 || !x.HasFMA {
		return
	}
	avx2 := withAVX2(generic)
	avx2.streaming = streamingAVX2(avx2)
	addSet(avx2)
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		avx512 := withAVX512(avx2)
		avx512.streaming = streamingAVX512(avx512)
		addSet(avx512)
	}
}
