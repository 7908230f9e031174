package kernels

// The gradient of filters of one pixel is the product [C,pixels]·[pixels,F] over all pixels that have an
// output, summed in blocks of pixels. Images, transposed, and panels of the gradient are copied a block at
// a time: copies are read in the order of memory, a cache line of which holds several pixels or a part of
// one, and their rows do not compete for few cache sets.

// pointwiseGradW reports whether the filters are one pixel, and enough of them to fill vectors.
func (s *Conv) pointwiseGradW() bool {
	return s.KH == 1 && s.KW == 1 && s.groups() == 1 && s.Top == 0 && s.Left == 0 && s.C >= 8 && s.F >= 16
}

const (
	pixelBlock  = 256             // pixels of one sum
	pixelRow    = pixelBlock + 16 // values from channel to channel of a copied block: not a power of two
	pixelGroup  = 64              // pixels that one part copies
	pixelCopies = 1 << 18         // about the largest number of copied values
	pixelSlices = 16              // of the pixels, at most, for filters of up to gradWSmall values
	pixelParts  = 8               // of larger filters, at least
)

type pixelGradWArgs struct {
	dw, x, dy      []float32 // with slices, dw is [slices,C,F]
	s              Conv
	pixels         int
	per            int // pixels of a slice
	images, panels []float32
	from, count    int // the copied pixels
	cParts, fCols  int
	next           [2][]float32
}

func pixelGradW(dw, x, dy []float32, s Conv) {
	a := pixelGradWArgs{dw: dw, x: x, dy: dy, s: s, pixels: s.N * s.OH * s.OW}
	if a.pixels == 0 {
		clear(dw[:s.C*s.F])
		return
	}
	if size := s.C * s.F; size <= gradWSmall {
		all := blocks(a.pixels, pixelBlock)
		a.per = blocks(all, min(all, pixelSlices)) * pixelBlock
		slices := blocks(a.pixels, a.per)
		a.dw = takeScratch(slices * size)
		pixelSlicesLoop.run(slices, a)
		addRows(dw[:size], a.dw[:slices*size])
		giveScratch(a.dw)
		return
	}
	at := max(1, pixelCopies/pixelBlock/(s.C+s.F)) // blocks
	copied := min(blocks(a.pixels, pixelBlock), at) * pixelBlock
	a.copies(copied)
	a.cParts, a.fCols = blocks(s.C, gradWRows), gradWCols
	for a.fCols > panel && a.cParts*blocks(s.F, a.fCols) < pixelParts {
		a.fCols -= panel
	}
	for ; a.from < a.pixels; a.from += copied {
		a.count = min(copied, a.pixels-a.from)
		a.next = a.after(a.from+a.count, copied)
		pixelCopyLoop.run(blocks(a.count, pixelGroup), a)
		pixelGradWLoop.run(a.cParts*blocks(s.F, a.fCols), a)
	}
	a.give()
}

// copies takes memory for so many pixels, whole blocks.
func (a *pixelGradWArgs) copies(pixels int) {
	count := pixels / pixelBlock
	a.images = takeScratch(count * a.s.C * pixelRow)
	a.panels = takeScratch(pixels * blocks(a.s.F, panel) * panel)
}

func (a *pixelGradWArgs) give() {
	giveScratch(a.images)
	giveScratch(a.panels)
}

// One part is some of the pixels that are copied.
var pixelCopyLoop = newLoop(func(a *pixelGradWArgs, part int) {
	from, to := block(part, a.count, pixelGroup)
	a.copy(from, a.from+from, to-from)
})

// copy copies count pixels from one on to a place among the copies, all to the same block.
func (a *pixelGradWArgs) copy(place, from, count int) {
	s := &a.s
	row, within := place/pixelBlock, place%pixelBlock
	x, scratch := a.x, []float32(nil)
	if s.pointwise() {
		x = x[from*s.C:]
	} else {
		scratch = takeScratch(count * s.C)
		a.gather(scratch, from, count)
		x = scratch
	}
	transpose(a.images[row*s.C*pixelRow+within:], x, s.C, count, pixelRow, s.C)
	giveScratch(scratch)
	toPanels(a.panels[(row*pixelBlock*blocks(s.F, panel)+within)*panel:], a.dy[from*s.F:], count, s.F, s.F, pixelBlock)
}

// gather copies the pixels of the image that outputs from one on are computed from.
func (a *pixelGradWArgs) gather(to []float32, from, count int) {
	s := &a.s
	for i := range count {
		n, o := (from+i)/(s.OH*s.OW), (from+i)%(s.OH*s.OW)
		at := (n*s.H+o/s.OW*s.SH)*s.W + o%s.OW*s.SW
		copy(to[i*s.C:][:s.C], a.x[at*s.C:])
	}
}

// One part is some channels and filters, with all copied pixels.
var pixelGradWLoop = newLoop(func(a *pixelGradWArgs, part int) {
	c0, c1 := block(part%a.cParts, a.s.C, gradWRows)
	f0, f1 := block(part/a.cParts, a.s.F, a.fCols)
	b := *a
	parts := a.cParts * blocks(a.s.F, a.fCols)
	for i, next := range a.next {
		from, to := block(part, len(next), blocks(len(next), parts))
		b.next[i] = next[min(from, to):to]
	}
	b.sum(a.dw, c0, c1, f0, f1, a.from == 0)
})

// after returns what is copied for count pixels from one on.
func (a *pixelGradWArgs) after(from, count int) (next [2][]float32) {
	to := min(from+count, a.pixels)
	if from >= to {
		return next
	}
	if a.s.pointwise() {
		next[0] = a.x[from*a.s.C : to*a.s.C]
	}
	next[1] = a.dy[from*a.s.F : to*a.s.F]
	return next
}

// sum adds the products of the copied pixels to the gradients of some filters, or sets them.
func (a *pixelGradWArgs) sum(dw []float32, c0, c1, f0, f1 int, first bool) {
	s := &a.s
	p := product{c: dw[c0*s.F+f0:], cRow: s.F, aRow: pixelRow, bPanel: pixelBlock * panel}
	for at := 0; at < a.count; at += pixelBlock {
		row := at / pixelBlock
		p.axes = [3]axis{{min(pixelBlock, a.count-at), 1, panel}, once, once}
		p.a = a.images[(row*s.C+c0)*pixelRow:]
		p.b = a.panels[(row*blocks(s.F, panel)*pixelBlock)*panel+f0*pixelBlock:]
		if !first {
			p.start = fromC
		}
		p.next = [2][]float32{}
		if at+pixelBlock >= a.count {
			p.next = a.next
		}
		p.run(c1-c0, f1-f0)
		first = false
	}
}

// One part is a slice of the pixels, with all channels and filters.
var pixelSlicesLoop = newLoop(func(all *pixelGradWArgs, slice int) {
	a := *all
	a.copies(pixelBlock)
	from, to := block(slice, a.pixels, a.per)
	dw := a.dw[slice*a.s.C*a.s.F:]
	for at := from; at < to; at += pixelBlock {
		a.count = min(pixelBlock, to-at)
		a.copy(0, at, a.count)
		a.next = [2][]float32{}
		if at+pixelBlock < to {
			a.next = a.after(at+pixelBlock, pixelBlock)
		}
		a.sum(dw, 0, a.s.C, 0, a.s.F, at == from)
	}
	a.give()
})
