package kernels

import "unsafe"

// tileGeneric computes a tile in blocks of 3 by 2 sums: with more, the compiler for amd64
// runs out of registers, and spills sums to memory in each step.
func tileGeneric(t *tile) {
	for j := 0; j < t.cols; j += 2 {
		for i := 0; i < t.rows; i += 3 {
			sums := t.sums3x2(i, j)
			for r := range min(3, t.rows-i) {
				for c := range min(2, t.cols-j) {
					at := (j + c) * float
					v := sums[r][c] + *value(t.add, (i+r)*t.addRow+at)
					if t.relu == 1 {
						v = max(v, 0)
					}
					*value(t.c, (i+r)*t.cRow+at) = v
				}
			}
		}
	}
}

// sums3x2 returns the sums of rows from i and columns from j on. Missing rows and columns
// are replaced by the last ones.
func (t *tile) sums3x2(i, j int) [3][2]float32 {
	a0, a1, a2 := value(t.a, i*t.aRow), value(t.a, min(i+1, t.rows-1)*t.aRow), value(t.a, min(i+2, t.rows-1)*t.aRow)
	b0, b1 := value(t.b, j*float), value(t.b, min(j+1, t.cols-1)*float)
	var s00, s01, s10, s11, s20, s21 float32
	for r := range t.n3 {
		for q := range t.n2 {
			atA, atB := r*t.a3+q*t.a2, r*t.b3+q*t.b2
			for range t.n1 {
				x, y, z := *value(a0, atA), *value(a1, atA), *value(a2, atA)
				u, v := *value(b0, atB), *value(b1, atB)
				s00 += x * u
				s10 += y * u
				s20 += z * u
				s01 += x * v
				s11 += y * v
				s21 += z * v
				atA += t.a1
				atB += t.b1
			}
		}
	}
	return [3][2]float32{{s00, s01}, {s10, s11}, {s20, s21}}
}

// value returns the value at an offset in bytes from p.
func value(p *float32, bytes int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}
