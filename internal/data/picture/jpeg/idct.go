package jpeg

// A block is the coefficients of 8x8 samples, or the samples less 128.
type block [blockSize]int32

const blockSize = 8 * 8

// Constants of jidctint.c, with 13 bits after the point.
const (
	fix0_298631336 = 2446
	fix0_390180644 = 3196
	fix0_541196100 = 4433
	fix0_765366865 = 6270
	fix0_899976223 = 7373
	fix1_175875602 = 9633
	fix1_501321110 = 12299
	fix1_847759065 = 15137
	fix1_961570560 = 16069
	fix2_053119869 = 16819
	fix2_562915447 = 20995
	fix3_072711026 = 25172
)

// idct multiplies the coefficients b by the quantization table q, which is in zig-zag order,
// and transforms them in place as libjpeg's accurate method (JDCT_ISLOW, jidctint.c) does.
func idct(b, q *block) {
	for zig, at := range unzig {
		b[at] *= q[zig]
	}
	for i := range 8 {
		c := b[i:]
		c = c[:57]
		if c[8]|c[16]|c[24]|c[32]|c[40]|c[48]|c[56] == 0 {
			dc := c[0] << 2
			c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56] = dc, dc, dc, dc, dc, dc, dc, dc
			continue
		}
		c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56] = idct1(c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56], 11)
	}
	for i := 0; i < blockSize; i += 8 {
		r := b[i : i+8 : i+8]
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = idct1(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], 18)
	}
}

// idct1 is one dimension of idct: Loeffler, Ligtenberg and Moschytz with 12 multiplications. It
// rounds away the lower bits of the result.
func idct1(x0, x1, x2, x3, x4, x5, x6, x7 int32, bits int) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	z := (x2 + x6) * fix0_541196100
	even2 := z - x6*fix1_847759065
	even3 := z + x2*fix0_765366865
	round := int32(1) << (bits - 1)
	even0 := (x0+x4)<<13 + round
	even1 := (x0-x4)<<13 + round
	a0, a3 := even0+even3, even0-even3
	a1, a2 := even1+even2, even1-even2

	z1, z2, z3, z4 := x7+x1, x5+x3, x7+x3, x5+x1
	z5 := (z3 + z4) * fix1_175875602
	z1, z2 = -z1*fix0_899976223, -z2*fix2_562915447
	z3, z4 = z5-z3*fix1_961570560, z5-z4*fix0_390180644
	b0 := x7*fix0_298631336 + z1 + z3
	b1 := x5*fix2_053119869 + z2 + z4
	b2 := x3*fix3_072711026 + z2 + z3
	b3 := x1*fix1_501321110 + z1 + z4
	return (a0 + b3) >> bits, (a1 + b2) >> bits, (a2 + b1) >> bits, (a3 + b0) >> bits,
		(a3 - b0) >> bits, (a2 - b1) >> bits, (a1 - b2) >> bits, (a0 - b3) >> bits
}

// Constants of jidctfst.c, with 8 bits after the point.
const (
	fast1_082392200 = 277
	fast1_414213562 = 362
	fast1_847759065 = 473
	fast2_613125930 = 669
)

// aanScales is the factors of the coefficients that idctFast takes, with 14 bits after the
// point (jddctmgr.c): 1 for row or column 0, else cos(k*pi/16) * sqrt(2).
var aanScales = [8][8]int32{
	{16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520},
	{22725, 31521, 29692, 26722, 22725, 17855, 12299, 6270},
	{21407, 29692, 27969, 25172, 21407, 16819, 11585, 5906},
	{19266, 26722, 25172, 22654, 19266, 15137, 10426, 5315},
	{16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520},
	{12873, 17855, 16819, 15137, 12873, 10114, 6967, 3552},
	{8867, 12299, 11585, 10426, 8867, 6967, 4799, 2446},
	{4520, 6270, 5906, 5315, 4520, 3552, 2446, 1247},
}

// idctFast does as idct, by libjpeg's fast method (JDCT_IFAST, jidctfst.c), which is less
// accurate and the default of TensorFlow.
func idctFast(b, q *block) {
	for zig, at := range unzig {
		b[at] *= (q[zig]*aanScales[at/8][at%8] + 1<<11) >> 12
	}
	for i := range 8 {
		c := b[i:]
		c = c[:57]
		c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56] = idctFast1(c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56])
	}
	for i := 0; i < blockSize; i += 8 {
		r := b[i : i+8 : i+8]
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = idctFast1(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		for k := range r {
			r[k] >>= 5
		}
	}
}

// idctFast1 is one dimension of idctFast: Arai, Agui and Nakajima with 5 multiplications.
func idctFast1(x0, x1, x2, x3, x4, x5, x6, x7 int32) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	e0, e1, e3 := x0+x4, x0-x4, x2+x6
	e2 := (x2-x6)*fast1_414213562>>8 - e3
	a0, a3, a1, a2 := e0+e3, e0-e3, e1+e2, e1-e2

	z13, z10, z11, z12 := x5+x3, x5-x3, x1+x7, x1-x7
	b7 := z11 + z13
	z5 := (z10 + z12) * fast1_847759065 >> 8
	b6 := -z10*fast2_613125930>>8 + z5 - b7
	b5 := (z11-z13)*fast1_414213562>>8 - b6
	b4 := z12*fast1_082392200>>8 - z5 + b5
	return a0 + b7, a1 + b6, a2 + b5, a3 - b4, a3 + b4, a2 - b5, a1 - b6, a0 - b7
}
