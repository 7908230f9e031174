package kernels

import "unsafe"

// tileGeneric is the formula of tile, step by step.
func tileGeneric(t *tile) {
	for i := range t.rows {
		for j := range t.cols {
			sum := float32(0)
			for r := range t.n3 {
				for q := range t.n2 {
					for p := range t.n1 {
						sum += *value(t.a, i*t.aRow+p*t.a1+q*t.a2+r*t.a3) * *value(t.b, p*t.b1+q*t.b2+r*t.b3+j*float)
					}
				}
			}
			sum += *value(t.add, i*t.addRow+j*float)
			if t.relu == 1 {
				sum = max(sum, 0)
			}
			*value(t.c, i*t.cRow+j*float) = sum
		}
	}
}

// value is the value so many bytes after p.
func value(p *float32, bytes int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}
