package kernels

type winogradGradWArgs struct {
	Conv
	dw, x, dy          []float32
	images, outputs    []float32 // planes of tiles of x and of dy
	sums               []float32 // planes of dw, if there are several rounds
	from, to           int       // tiles in this round
	cPerPart, fPerPart int
}

const (
	winogradGradRows   = 48      // channels of one part
	winogradGradCols   = 64      // filters of one part
	winogradPlaneParts = 4       // range of planes of one part if there are several rounds
	winogradRound      = 3 << 19 // values in the planes of a round
)

// winogradGradW is [Conv2DGradW] by Winograd's algorithm: with x' and dy' the planes of a
// tile of x and of dy, transposing the transforms of [Conv2D] gives
//
//	dw = Gᵀ·[Σtiles x' ⊙ dy']·G
//
// Tiles are transformed in rounds of as many as stay in the cache.
func winogradGradW(dw, x, dy []float32, s Conv) {
	a := winogradGradWArgs{Conv: s, dw: dw, x: x, dy: dy}
	perTile := winogradPlanes * (winogradRow(s.C) + winogradRow(s.F))
	tiles := s.tiles()
	rounds := min(tiles, blocks(tiles*perTile, winogradRound))
	perRound := blocks(tiles, rounds)
	a.images = takeScratch(winogradPlanes * perRound * winogradRow(s.C))
	a.outputs = takeScratch(winogradPlanes * perRound * winogradRow(s.F))
	a.cPerPart = blocks(s.C, blocks(s.C, winogradGradRows))
	a.fPerPart = min(s.F, winogradGradCols)
	parts := a.parts()
	perLoop := parts
	if rounds > 1 {
		a.sums = takeScratch(parts * a.partSums())
		perLoop *= winogradPlaneParts
	}
	for a.from < tiles {
		a.to = min(a.from+perRound, tiles)
		winogradTilesLoop.run(blocks(a.to-a.from, winogradFew), a)
		winogradGradWLoop.run(perLoop, a)
		a.from = a.to
	}
	giveScratch(a.images)
	giveScratch(a.outputs)
	if rounds > 1 {
		winogradFilterGradsLoop.run(parts, a)
		giveScratch(a.sums)
	}
}

// parts is the number of parts of dw.
func (a *winogradGradWArgs) parts() int { return blocks(a.C, a.cPerPart) * blocks(a.F, a.fPerPart) }

// partSums is the number of values of the planes of dw in one part.
func (a *winogradGradWArgs) partSums() int { return winogradPlanes * a.cPerPart * winogradGradCols }

var winogradTilesLoop = newLoop(func(a *winogradGradWArgs, part int) {
	from, to := block(part, a.to-a.from, winogradFew)
	count := a.to - a.from
	xRow, yRow := winogradRow(a.C), winogradRow(a.F)
	a.imagePlanes(a.images[from*xRow:], count*xRow, a.x, a.from+from, a.from+to)
	a.outputPlanes(a.outputs[from*yRow:], count*yRow, a.from+from, a.from+to)
})

// outputPlanes transforms the tiles [from,to) of dy.
func (a *winogradGradWArgs) outputPlanes(planes []float32, plane, from, to int) {
	row := winogradRow(a.F)
	nothing := takeScratch(a.F)
	clear(nothing)
	t := winogradTile{plane: plane * float, channels: a.F}
	for i := from; i < to; i++ {
		n, oh, ow := a.tile(i)
		t.window(a.dy[n*a.OH*a.OW*a.F:], a.OH, a.OW, a.F, a.tileOut(), oh, ow, &nothing[0])
		t.planes = &planes[(i-from)*row]
		a.transforms().outputGrad(noescape(&t))
	}
	giveScratch(nothing)
}

// One part is some channels of some filters; with several rounds, for which all sums are
// kept, in some planes.
var winogradGradWLoop = newLoop(func(a *winogradGradWArgs, part int) {
	if a.sums == nil {
		sums := takeScratch(a.partSums())
		a.multiply(sums, part, 0, winogradPlanes)
		a.filterGrads(sums, part)
		giveScratch(sums)
		return
	}
	// Neighbouring parts have the same planes, so that each thread reads few of them.
	parts := a.parts()
	first, end := block(part/parts, winogradPlanes, winogradPlanes/winogradPlaneParts)
	part %= parts
	a.multiply(a.sums[part*a.partSums():], part, first, end)
})

var winogradFilterGradsLoop = newLoop(func(a *winogradGradWArgs, part int) {
	a.filterGrads(a.sums[part*a.partSums():], part)
})

// bounds returns the channels and filters of a part.
func (a *winogradGradWArgs) bounds(part int) (c0, c1, f0, f1 int) {
	cParts := blocks(a.C, a.cPerPart)
	c0, c1 = block(part%cParts, a.C, a.cPerPart)
	f0, f1 = block(part/cParts, a.F, a.fPerPart)
	return
}

// multiply adds the tiles of this round to planes [first,end) of dw.
func (a *winogradGradWArgs) multiply(sums []float32, part, first, end int) {
	c0, c1, f0, f1 := a.bounds(part)
	count := a.to - a.from
	xRow, yRow := winogradRow(a.C), winogradRow(a.F)
	m := product{cRow: winogradGradCols, aRow: 1, bPanel: panel}
	m.axes = [3]axis{{count, xRow, yRow}, once, once}
	if a.from > 0 {
		m.start = fromC
	}
	for plane := first; plane < end; plane++ {
		m.c = sums[plane*(c1-c0)*winogradGradCols:]
		m.a = a.images[plane*count*xRow+c0:]
		m.b = a.outputs[plane*count*yRow+f0:]
		m.run(c1-c0, f1-f0)
	}
}

// filterGrads transforms planes of dw to dw.
func (a *winogradGradWArgs) filterGrads(sums []float32, part int) {
	c0, c1, f0, f1 := a.bounds(part)
	t := winogradTile{plane: (c1 - c0) * winogradGradCols * float, channels: f1 - f0}
	for c := c0; c < c1; c++ {
		t.planes = &sums[(c-c0)*winogradGradCols]
		for tap := range a.KH * a.KW {
			t.pixels[tap] = &a.dw[(tap*a.C+c)*a.F+f0]
		}
		a.transforms().filterGrad(noescape(&t))
	}
}
