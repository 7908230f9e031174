package main

// These transform a column in registers 0 to 5 to registers 8 to 13. Registers 6, 7, 14 and
// 15 are temporaries.
func (k *winogradKernel) add(to, a, b int) { emitter{file: k.file, v: k.v}.add(to, a, b) }
func (k *winogradKernel) sub(to, a, b int) { emitter{file: k.file, v: k.v}.sub(to, a, b) }
func (k *winogradKernel) mul(to, a int, c string) {
	if k.v == neon {
		k.three("fmul", to, a, neonConstant(c))
	} else {
		k.op("VMULPS", k.constant(c), k.v.reg(a), k.v.reg(to))
	}
}

// move copies a register.
func (k *winogradKernel) move(to, from int) {
	if k.v == neon {
		k.file.move(to, from)
	} else {
		k.op("VMOVAPS", k.v.reg(from), k.v.reg(to))
	}
}

// addMul and subMul: to = a ± b·c, rounded once.
func (k *winogradKernel) addMul(to, a, b int, c string) { k.fused("VFMADD231PS", "fmla", to, a, b, c) }
func (k *winogradKernel) subMul(to, a, b int, c string) { k.fused("VFNMADD231PS", "fmls", to, a, b, c) }
func (k *winogradKernel) fused(op, neonOp string, to, a, b int, c string) {
	if to != a {
		k.move(to, a)
	}
	if k.v == neon {
		k.three(neonOp, to, b, neonConstant(c))
	} else {
		k.op(op, k.constant(c), k.v.reg(b), k.v.reg(to))
	}
}

// image is Bᵀ: 4 0 -5 0 1 0, 0 -4 -4 1 1 0, 0 4 -4 -1 1 0, 0 -2 -1 2 1 0,
// 0 2 -1 -2 1 0, 0 4 0 -5 0 1.
func (k *winogradKernel) image() {
	k.addMul(8, 4, 0, "4")
	k.subMul(8, 8, 2, "5")
	k.subMul(14, 4, 2, "4")
	k.subMul(15, 3, 1, "4")
	k.add(9, 14, 15)
	k.sub(10, 14, 15)
	k.sub(14, 4, 2)
	k.sub(15, 3, 1)
	k.addMul(11, 14, 15, "2")
	k.subMul(12, 14, 15, "2")
	k.addMul(13, 5, 1, "4")
	k.subMul(13, 13, 3, "5")
}

// filter is G: 1/4 0 0, -1/6 -1/6 -1/6, -1/6 1/6 -1/6, 1/24 1/12 1/6,
// 1/24 -1/12 1/6, 0 0 1.
func (k *winogradKernel) filter() {
	k.mul(8, 0, "1/4")
	k.add(14, 0, 2)
	emitter{file: k.file, v: k.v}.zeroed(7)
	k.subMul(7, 7, 14, "1/6")
	k.mul(15, 1, "1/6")
	k.sub(9, 7, 15)
	k.add(10, 7, 15)
	k.mul(14, 0, "1/24")
	k.addMul(14, 14, 2, "1/6")
	k.mul(15, 1, "1/12")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 2)
}

// output is Aᵀ: 1 1 1 1 1 0, 0 1 -1 2 -2 0, 0 1 1 4 4 0, 0 1 -1 8 -8 1.
func (k *winogradKernel) output() {
	k.firstPixel()
	k.addMul(9, 15, 7, "2")
	k.addMul(10, 14, 6, "4")
	k.add(11, 15, 5)
	k.addMul(11, 11, 7, "8")
}

// firstPixel is the first row of Aᵀ, and leaves in registers 14, 15, 6 and 7 the sums and differences
// of the points ±1 and ±2.
func (k *winogradKernel) firstPixel() {
	k.add(14, 1, 2)
	k.sub(15, 1, 2)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.add(8, 0, 14)
	k.add(8, 8, 6)
}

// outputGrad is A.
func (k *winogradKernel) outputGrad() {
	k.move(8, 0)
	k.add(14, 0, 2)
	k.add(15, 1, 3)
	k.add(9, 14, 15)
	k.sub(10, 14, 15)
	k.addMul(14, 0, 2, "4")
	k.mul(15, 1, "2")
	k.addMul(15, 15, 3, "8")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 3)
}

// filterGrad is Gᵀ.
func (k *winogradKernel) filterGrad() {
	k.firstTaps()
	k.sub(14, 6, 14)
	k.addMul(10, 5, 14, "1/6")
}

// firstTaps is the first two rows of Gᵀ, and leaves sums and differences as firstPixel does, but for
// the sign of register 15.
func (k *winogradKernel) firstTaps() {
	k.add(14, 1, 2)
	k.sub(15, 2, 1)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.mul(8, 0, "1/4")
	k.subMul(8, 8, 14, "1/6")
	k.addMul(8, 8, 6, "1/24")
	k.mul(9, 15, "1/6")
	k.addMul(9, 9, 7, "1/12")
}

// filter5 is G for five taps: 1/4 0 0 0 0, -1/6 -1/6 -1/6 -1/6 -1/6, -1/6 1/6 -1/6 1/6 -1/6,
// 1/24 1/12 1/6 1/3 2/3, 1/24 -1/12 1/6 -1/3 2/3, 0 0 0 0 1.
func (k *winogradKernel) filter5() {
	k.mul(8, 0, "1/4")
	k.add(14, 0, 2)
	k.add(14, 14, 4)
	emitter{file: k.file, v: k.v}.zeroed(7)
	k.subMul(7, 7, 14, "1/6")
	k.add(15, 1, 3)
	k.mul(15, 15, "1/6")
	k.sub(9, 7, 15)
	k.add(10, 7, 15)
	k.addMul(6, 2, 4, "4")
	k.addMul(14, 0, 6, "4")
	k.mul(14, 14, "1/24")
	k.addMul(15, 1, 3, "4")
	k.mul(15, 15, "1/12")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 4)
}

// output5 is Aᵀ for two pixels: 1 1 1 1 1 0, 0 1 -1 2 -2 1.
func (k *winogradKernel) output5() {
	k.firstPixel()
	k.add(9, 15, 5)
	k.addMul(9, 9, 7, "2")
}

// outputGrad5 is A for two pixels.
func (k *winogradKernel) outputGrad5() {
	k.move(8, 0)
	k.add(9, 0, 1)
	k.sub(10, 0, 1)
	k.addMul(11, 0, 1, "2")
	k.subMul(12, 0, 1, "2")
	k.move(13, 1)
}

// filterGrad5 is Gᵀ for five taps.
func (k *winogradKernel) filterGrad5() {
	k.firstTaps()
	k.sub(10, 6, 14)
	k.mul(10, 10, "1/6")
	k.addMul(11, 15, 7, "2")
	k.mul(11, 11, "1/6")
	k.mul(6, 6, "4")
	k.sub(14, 6, 14)
	k.addMul(12, 5, 14, "1/6")
}
