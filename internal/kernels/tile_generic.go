package kernels

import "unsafe"

// runGeneric is the formula of tile, step by step.
func (t *tile) runGeneric() {
	at := func(p *float32, bytes int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes)) }
	for i := range t.rows {
		for j := range t.cols {
			sum := float32(0)
			for r := range t.n3 {
				for q := range t.n2 {
					for p := range t.n1 {
						sum += *at(t.a, i*t.aRow+p*t.a1+q*t.a2+r*t.a3) * *at(t.b, p*t.b1+q*t.b2+r*t.b3+j*float)
					}
				}
			}
			*at(t.c, i*t.cRow+j*float) = *at(t.add, i*t.addRow+j*float) + sum
		}
	}
}
