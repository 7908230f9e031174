package main

import "fmt"

// ceilings writes cpu_peak_amd64.s: only fused multiply-adds, with enough accumulators to
// keep both FMA units of a core busy.
func ceilings(f *file) {
	for _, c := range []struct {
		name string
		v    vector
		sums int
	}{{"multiplyAddsAVX512", zmm, ceilingSumsAVX512}, {"multiplyAddsAVX2", ymm, ceilingSumsAVX2}} {
		f.function(c.name, "(rounds int)", 0)
		f.op("MOVQ", f.arg("rounds"), "CX")
		for i := range c.sums + 2 {
			f.zero(c.v, c.v.reg(i))
		}
		loop := fmt.Sprintf("%sLoop", c.name)
		f.label("%s", loop)
		for i := range c.sums {
			f.op("VFMADD231PS", c.v.reg(c.sums), c.v.reg(c.sums+1), c.v.reg(i))
		}
		f.op("DECQ", "CX")
		f.op("JNZ", loop)
		f.ret()
	}
}

// Accumulators per iteration.
const (
	ceilingSumsAVX512 = 24
	ceilingSumsAVX2   = 12
)
