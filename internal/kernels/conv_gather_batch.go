package kernels

// Few filters leave most lanes of a tile's columns unused. With enough images, images fill
// the lanes instead: the image is transposed to rows of one value of 32 images each, and a
// pixel of the output is the product [F,taps]·[taps,images]. The sums have the same terms
// in the same order as in the other form.

type batchArgs struct {
	gather
	turned []float32 // [blocks of images, H·W·C, 32]
}

// batched reports whether images in the lanes are faster.
func (g *gather) batched() bool {
	return g.groupCount == 1 && g.plain() && g.F < 16 && g.N >= 16 && g.KH*g.KW*g.F >= 64 && g.KH*g.taps() <= inCache && g.outPixel == g.F
}

func (g *gather) runBatched() {
	a := batchArgs{gather: *g}
	values := g.H * g.W * g.C
	a.turned = takeScratch(blocks(g.N, panel) * values * panel)
	batchTurnLoop.run(blocks(g.N, panel)*blocks(values, batchTurned), a)
	batchLoop.run(blocks(g.N, panel)*g.OH, a)
	giveScratch(a.turned)
}

const batchTurned = 1024 // values of each image that one part transposes

var batchTurnLoop = newLoop(func(a *batchArgs, part int) {
	values := a.H * a.W * a.C
	parts := blocks(values, batchTurned)
	n0, n1 := block(part/parts, a.N, panel)
	from, to := block(part%parts, values, batchTurned)
	transpose(a.turned[(n0*values)+from*panel:], a.x[n0*values+from:], to-from, n1-n0, panel, values)
})

// One part is one row of the outputs of 32 images.
var batchLoop = newLoop(func(a *batchArgs, part int) {
	n0, n1 := block(part/a.OH, a.N, panel)
	oh := part % a.OH
	sums := takeScratch((a.OW + 1) * a.F * panel)
	bias := sums[a.OW*a.F*panel:]
	clear(bias)
	if a.b != nil {
		for i := range bias {
			bias[i] = a.b[i/panel]
		}
	}
	p := product{start: fromRows, add: bias, cRow: panel, aRow: 1, bPanel: panel, relu: a.ReLU}
	kh0, kh1 := inside(oh*a.SH-a.Top, a.KH, 0, a.H)
	for ow := range a.OW {
		kw0, kw1 := inside(ow*a.SW-a.Left, a.KW, 0, a.W)
		if kh0 >= kh1 || kw0 >= kw1 {
			continue
		}
		p.axes = [3]axis{{(kw1 - kw0) * a.C, a.F, panel}, {kh1 - kh0, a.taps() * a.F, a.W * a.C * panel}, once}
		ih, iw := oh*a.SH-a.Top+kh0, ow*a.SW-a.Left+kw0
		p.a = a.w[(kh0*a.KW+kw0)*a.C*a.F:]
		p.b = a.turned[n0*a.H*a.W*a.C+(ih*a.W+iw)*a.C*panel:]
		p.c = sums[ow*a.F*panel:]
		p.run(a.F, n1-n0)
	}
	transpose(a.out[n0*a.outImage+oh*a.outRow:], sums, n1-n0, a.OW*a.F, a.outImage, panel)
	for ow := range a.OW {
		kw0, kw1 := inside(ow*a.SW-a.Left, a.KW, 0, a.W)
		if kh0 >= kh1 || kw0 >= kw1 {
			a.fill(n0, n1, oh, ow, 1, 0, a.F, a.b)
		}
	}
	giveScratch(sums)
})
