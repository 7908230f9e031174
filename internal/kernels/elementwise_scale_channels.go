package kernels

// ScaleChannels computes out[r,j] = x[r,j]·scale[j] for rows rows of c channels. It may work
// in place.
func ScaleChannels(out, x, scale []float32, rows, c int) {
	need("ScaleChannels", "out", out, rows, c)
	need("ScaleChannels", "x", x, rows, c)
	need("ScaleChannels", "scale", scale, c)
	scaleChannelsLoop.run(blocks(rows, scaleRows), scaleArgs{out, x, scale, rows, c})
}

// ScaleChannelsGradScale computes the gradient of [ScaleChannels] for scale from x and the
// gradient for the output: dscale[j] = Σr dy[r,j]·x[r,j].
func ScaleChannelsGradScale(dscale, x, dy []float32, rows, c int) {
	need("ScaleChannelsGradScale", "dscale", dscale, c)
	need("ScaleChannelsGradScale", "x", x, rows, c)
	need("ScaleChannelsGradScale", "dy", dy, rows, c)
	scaleChannelsGradLoop.run(blocks(c, scaleColumns), scaleArgs{dscale, x, dy, rows, c})
}

// The rows and the channels of one part.
const scaleRows, scaleColumns = 64, 16

type scaleArgs struct {
	out, x, by []float32
	rows, c    int
}

var scaleChannelsLoop = newLoop(func(a *scaleArgs, part int) {
	from, to := block(part, a.rows, scaleRows)
	for r := from; r < to; r++ {
		multiply(a.out[r*a.c:][:a.c], a.x[r*a.c:], a.by)
	}
})

// One part is some channels of all rows, so that sums have a fixed order.
var scaleChannelsGradLoop = newLoop(func(a *scaleArgs, part int) {
	from, to := block(part, a.c, scaleColumns)
	var sums [scaleColumns]float64
	for r := range a.rows {
		x, dy := a.x[r*a.c:][from:to], a.by[r*a.c:][from:to]
		for j, v := range x {
			sums[j] += float64(float64(v) * float64(dy[j]))
		}
	}
	for j := range to - from {
		a.out[from+j] = float32(sums[j])
	}
})
