package kernels

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"
)

// An instructionSet is what kernels are made of: the inner loops, written for the
// instructions of some processors. The file of a set takes the generic one, replaces
// what the set does better, and adds itself to sets.
//
// Functions over slices do the first values, as many as fill their vectors, and return
// how many (done); the generic form does the rest. Slices are as long as the first.
type instructionSet struct {
	name string

	// Products of matrices, see product.
	tiles       []tileKernel // the widest first
	wholePanels func(panels, x []float32, rows, whole, stride, room int)
	transpose8  func(dst, src []float32, dstRow, srcRow, blocks int)
	addScaled   func(y, rows, next []float32, a *[4]float32) (done int)

	// Transforms of Winograd's algorithm, see winogradTile.
	winogradImage, winogradFilter, winogradOutput, winogradOutputGrad, winogradFilterGrad func(t *winogradTile)

	// Activations, dropout and other functions of single values.
	relu      func(out, x []float32) (done int)
	reluGrad  func(dx, y, dy []float32) (done int)
	affine    func(out, x []float32, scale, offset float32) (done int)
	combine   func(out, x, y []float32, a, b float32) (done int)
	dropout   func(out, x []float32, counter uint32, d *dropper) (done int)
	zeroTimes func(x []float32) (sum float32, done int) // Σ 0·x

	// Optimizers.
	adam     func(w, grad, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int)
	adagrad  func(w, grad, accumulator []float32, lr, epsilon float32) (done int)
	rmsprop  func(w, grad, velocity []float32, lr, rho, rate, epsilon float32) (done int)
	sgd      func(w, grad []float32, lr float32) (done int)
	momentum func(w, grad, velocity []float32, lr, momentum float32, nesterov bool) (done int)

	// Batch normalisation: rows of width values, and columns that lie stride apart.
	// A width that is no multiple of lanes is left to the generic form.
	moments      func(x, columns, sums []float32, rows, width, stride int)
	norm         func(out, x, columns []float32, rows, width, stride int, relu bool)
	normGradSums func(x, dy, columns, sums []float32, rows, width, stride int, relu bool)
	normGrad     func(dx, x, dy, columns []float32, rows, width, stride int, relu bool)

	// Max pooling; nil where poolings of all shapes are computed in the same way.
	maxPoolRow     func(p *poolRow)
	maxPoolGradRow func(p *poolRow) (missing int)

	warpRow func(out, x []float32, from, to int, r *warpRow) (done int)

	// Multiply-adds alone, and how many operations a round has.
	multiplyAdds  func(rounds int)
	flopsPerRound int
}

// sets are those that run here, each better than those before it.
var sets = []*instructionSet{&generic}

// chosen is the set in use.
var chosen atomic.Pointer[instructionSet]

func init() { chosen.Store(sets[len(sets)-1]) }

// addSet is called in init by the files of instruction sets that run here.
func addSet(s instructionSet) {
	sets = append(sets, &s)
	chosen.Store(&s)
}

// SetCPU chooses the implementation of all kernels called from then on: "avx512"
// (F, DQ, BW and VL), "avx2" (with FMA) or "generic", plain Go. It returns an
// error if this machine or build has no such implementation. Unless it is called,
// the best one is used. Results differ between implementations by rounding.
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

// cpus returns the implementations that run here.
func cpus() (names []string) {
	for _, s := range sets {
		names = append(names, s.name)
	}
	return names
}

// current is the set in use.
func current() *instructionSet { return chosen.Load() }

// noescape hides from the compiler where p goes. It would move *p to the heap, in each
// call, since it does not know what a function in a table does with its arguments; those
// of instruction sets keep none.
func noescape[T any](p *T) *T {
	hidden := uintptr(unsafe.Pointer(p))
	return *(**T)(unsafe.Pointer(&hidden))
}
