package kernels

// Affine computes out[i] = x[i]·scale + offset for each value of out. Its
// gradient for x is Affine(dx, dy, scale, 0). It may work in place.
func Affine(out, x []float32, scale, offset float32) {
	need("Affine", "x", x, len(out))
	affineLoop.run(blocks(len(out), grain), affineArgs{out, x, scale, offset})
}

type affineArgs struct {
	out, x        []float32
	scale, offset float32
}

var affineLoop = newLoop(func(a *affineArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x := a.out[from:to], a.x[from:to]
	done := writing(a.out, a.x).affine(out, x, a.scale, a.offset)
	affineGeneric(out[done:], x[done:], a.scale, a.offset)
})

func affineGeneric(out, x []float32, scale, offset float32) (done int) {
	for i, v := range x[:len(out)] {
		out[i] = float32(v*scale) + offset
	}
	return len(out)
}
