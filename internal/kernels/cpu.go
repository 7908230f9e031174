package kernels

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"
)

// An instructionSet is the inner loops of kernels, for the instructions of some processors.
// The file of a set copies the generic one, replaces the functions that the set can speed
// up, and adds itself to sets.
//
// Functions over slices process as many values as fill their vectors, and return their
// number (done); the generic form processes the rest. Slices are as long as the first.
type instructionSet struct {
	name string

	// Products of matrices, see product.
	tiles       []tileKernel // the widest first
	wholePanels func(panels, x []float32, rows, whole, stride, room int)
	transpose8  func(dst, src []float32, dstRow, srcRow, blocks int)
	addScaled   func(y, rows, next []float32, a *float32, width, pixels, aNext int, all bool) (done int)

	// Transforms of Winograd's algorithm, for 3x3 and 5x5 filters, see winogradTile.
	winogradImage        func(t *winogradTile)
	winograd3, winograd5 winogradTransforms

	// Depthwise convolutions, see depthwiseRow.
	depthwise, depthwiseGrad func(r *depthwiseRow)

	// Activations, dropout and other elementwise functions.
	relu       func(out, x []float32) (done int)
	reluGrad   func(dx, y, dy []float32) (done int)
	capped     func(out, x []float32, most float32) (done int) // min(max(x, 0), most)
	cappedGrad func(dx, y, dy []float32, most float32) (done int)
	affine     func(out, x []float32, scale, offset float32) (done int)
	combine    func(out, x, y []float32, a, b float32) (done int)
	multiply   func(out, x, y []float32) (done int)
	addProduct func(sum, x, y []float32) (done int) // sum += x·y, rounded twice
	scale      func(out, x []float32, scale float32) (done int)
	dropout    func(out, x []float32, counter uint32, d *dropper) (done int)
	zeroTimes  func(x []float32) (sum float32, done int) // Σ 0·x

	// Activations that plain Go computes in float64; nil there.
	sigmoid, silu, gelu, hardSigmoid, hardSiLU, tanh, selu, softplus, mish func(out, x []float32) (done int)
	elu                                                                    func(out, x []float32, alpha float32) (done int)
	sigmoidGrad, siluGrad, geluGrad, hardSigmoidGrad, hardSiLUGrad         func(dx, v, dy []float32) (done int)
	tanhGrad, seluGrad, softplusGrad, mishGrad                             func(dx, v, dy []float32) (done int)
	eluGrad                                                                func(dx, x, dy []float32, alpha float32) (done int)

	// Optimizers.
	adam            func(w, grad, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int)
	adagrad         func(w, grad, accumulator []float32, lr, epsilon float32) (done int)
	rmsprop         func(w, grad, velocity []float32, lr, rho, rate, epsilon float32) (done int)
	rmspropMomentum func(w, grad, velocity, momenta []float32, lr, rho, rate, momentum, epsilon float32) (done int)
	sgd             func(w, grad []float32, lr float32) (done int)
	momentum        func(w, grad, velocity []float32, lr, momentum float32, nesterov bool) (done int)

	// Batch normalization: rows of width values, and columns with a stride. If width is not
	// a multiple of lanes, the generic form is used.
	moments      func(x, columns, sums []float32, rows, width, stride int)
	norm         func(out, x, columns []float32, rows, width, stride int, relu bool, most float32)
	normGradSums func(x, dy, columns, sums []float32, rows, width, stride int, relu bool, most float32)
	normGrad     func(dx, x, dy, columns []float32, rows, width, stride int, relu bool, most float32)

	// Layer normalization of rows of width values, a multiple of 16; count is float32(width). nil in
	// plain Go.
	layerNorm         func(out, x, gamma, beta []float32, rows, width int, count, epsilon float32)
	layerNormGrad     func(dx, x, dy, gamma []float32, rows, width int, count, epsilon float32)
	layerNormGradSums func(dbeta, dgamma, x, dy []float32, rows, width int, count, epsilon float32)

	// Local response normalization, where s = sums·alpha + bias: out = x / s^(3/4) or, if half, x / √s;
	// and out = g·x / s.
	localNorm      func(out, x, sums []float32, bias, alpha float32, half bool) (done int)
	localNormTerms func(out, g, sums, x []float32, bias, alpha float32) (done int)

	// Max pooling; nil if poolings of all shapes are computed in the same way.
	maxPoolRow        func(p *poolRow)
	maxPoolGradRow    func(p *poolRow) (missing int)
	maxPoolGradAddRow func(p *poolRow) (missing int) // adds to dx, for windows that overlap

	warpRow func(out, x []float32, from, to int, r *warpRow) (done int)

	// Multiply-adds alone, and the number of operations per round.
	multiplyAdds  func(rounds int)
	flopsPerRound int

	streaming *instructionSet // for large outputs, see writing; nil if there is none
}

// sets are those that this processor supports, each faster than those before it.
var sets = []*instructionSet{&generic}

// chosen is the set in use.
var chosen atomic.Pointer[instructionSet]

func init() { chosen.Store(sets[len(sets)-1]) }

// addSet is called in init by the files of instruction sets that this processor supports.
func addSet(s instructionSet) {
	sets = append(sets, &s)
	chosen.Store(&s)
}

// SetCPU selects the implementation of all kernels called from then on: "avx512" (F, DQ, BW
// and VL), "avx2" (with FMA), "neon" (arm64) or "generic", plain Go. It returns an error if
// this machine or build does not support it. The default is the best one. Those in assembly
// give the same results on all processors; "generic" differs by rounding.
func SetCPU(name string) error {
	have := cpus()
	i := slices.Index(have, name)
	if i < 0 {
		return fmt.Errorf("this machine and build have %s only", strings.Join(have, ", "))
	}
	chosen.Store(sets[i])
	return nil
}

// CPU returns the name of the implementation in use.
func CPU() string { return current().name }

// cpus returns the names of the supported implementations.
func cpus() (names []string) {
	for _, s := range sets {
		names = append(names, s.name)
	}
	return names
}

// current is the set in use.
func current() *instructionSet { return chosen.Load() }

// noescape hides p from escape analysis. Otherwise the compiler would move *p to the heap
// in each call, because it does not know what a function in a table does with its
// arguments; those of instruction sets do not keep any.
func noescape[T any](p *T) *T {
	hidden := uintptr(unsafe.Pointer(p))
	return *(**T)(unsafe.Pointer(&hidden))
}
