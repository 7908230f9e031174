package kernels

import "math"

// Dropout computes, for each value of out,
//
//	out[i] = 0                  with probability rate
//	out[i] = x[i] / (1-rate)    else
//
// which keeps the expectation (Srivastava et al. 2014). Which values are kept
// depends on the key and i alone, so the gradient for x is Dropout(dx, dy, key,
// rate), and no mask is stored. Keys are well mixed, as the numbers of package
// random are; 0 <= rate < 1. It may work in place.
func Dropout(out, x []float32, key uint64, rate float64) {
	need("Dropout", "x", x, len(out))
	dropoutLoop.run(blocks(len(out), grain), dropoutArgs{out, x, newDropper(key, rate)})
}

// SpatialDropout2D is [Dropout] of whole channels of images: x is n images of
// pixels pixels and c channels.
func SpatialDropout2D(out, x []float32, key uint64, rate float64, n, pixels, c int) {
	need("SpatialDropout2D", "x", x, n, pixels, c)
	need("SpatialDropout2D", "out", out, n, pixels, c)
	spatialDropoutLoop.run(n, spatialDropoutArgs{out, x, newDropper(key, rate), pixels, c})
}

// DropoutKey returns the key whose mask from value 0 on is that of key from value first on:
// so a part of the values can be computed separately.
func DropoutKey(key uint64, first int) uint64 {
	return key&^math.MaxUint32 | uint64(uint32(key)+uint32(first)*counterStep)
}

// A dropper determines the mask.
type dropper struct {
	start, twist uint32 // the halves of the key
	threshold    int32  // rate, where 1 is 2^31
	scale        float32
}

func newDropper(key uint64, rate float64) dropper {
	return dropper{uint32(key), uint32(key >> 32), int32(math.Round(rate * (1 << 31))), float32(1 / (1 - rate))}
}

// The counter of value i is start + i·counterStep; a hash of it is compared with
// the threshold. The hash is lowbias32 (https://nullprogram.com/blog/2018/07/31),
// with the other half of the key added midway.
const (
	counterStep = 0x9E3779B9 // 2^32 over the golden ratio
	dropoutMul1 = 0x7feb352d
	dropoutMul2 = 0x846ca68b
)

// keeps reports whether value i is kept.
func (d *dropper) keeps(i int) bool { return d.keepsAt(d.counter(i)) }

func (d *dropper) counter(i int) uint32 { return d.start + uint32(i)*counterStep }

func (d *dropper) keepsAt(counter uint32) bool {
	h := (counter ^ counter>>16) * dropoutMul1
	h = ((h ^ h>>15) + d.twist) * dropoutMul2
	return int32((h^h>>16)>>1) >= d.threshold
}

type dropoutArgs struct {
	out, x []float32
	dropper
}

var dropoutLoop = newLoop(func(a *dropoutArgs, part int) {
	from, to := block(part, len(a.out), grain)
	done := from + current().dropout(a.out[from:to], a.x[from:to], a.counter(from), &a.dropper)
	dropoutGeneric(a.out[done:to], a.x[done:to], a.counter(done), &a.dropper)
})

func dropoutGeneric(out, x []float32, counter uint32, d *dropper) (done int) {
	for i, v := range x[:len(out)] {
		bits := math.Float32bits(v * d.scale) // as bits, which avoids a branch
		if !d.keepsAt(counter) {
			bits = 0
		}
		out[i] = math.Float32frombits(bits)
		counter += counterStep
	}
	return len(out)
}

type spatialDropoutArgs struct {
	out, x []float32
	dropper
	pixels, c int
}

// One part is one image.
var spatialDropoutLoop = newLoop(func(a *spatialDropoutArgs, n int) {
	factors := takeScratch(a.c)
	defer giveScratch(factors)
	for c := range factors {
		factors[c] = 0
		if a.keeps(n*a.c + c) {
			factors[c] = a.scale
		}
	}
	for p := n * a.pixels; p < (n+1)*a.pixels; p++ {
		out, x := a.out[p*a.c:][:a.c], a.x[p*a.c:][:a.c]
		for c, f := range factors[:len(x)] {
			out[c] = x[c] * f
		}
	}
})
