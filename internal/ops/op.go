// Package ops wraps kernels as Gorgonia ops with gradients.
package ops

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"sync/atomic"

	"cnntrain/internal/kernels"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An op is a kernel as a Gorgonia op. It implements all of Gorgonia's interface; the other
// files of this package provide only run and grads.
//
// Its output is in memory of its own, or where a machine has placed it. It owns the slices
// of arguments that it passes to the kernel, so running it allocates nothing.
type op struct {
	name string
	out  tensor.Shape
	run  func(out []float32, in ...[]float32)

	flops  int  // multiplications and additions per run; 0 if the op does not consist of these
	reuses int  // the input, counted from 1, that the output may overwrite; 0 for none
	either bool // the output may overwrite the input after that instead
	view   bool // the output is the first input in another shape: run does nothing

	// withReLU adds a fused op of this one followed by min(max(·, 0), most), or returns nil if
	// there is none for a finite most; nil if there is none at all.
	withReLU func(most float64) *G.Node

	// plus adds a fused op of this one and the addition of another value; nil if there is none.
	plus func(other *G.Node) *G.Node

	// then adds a fused op of this one and an elementwise function of its output; nil if there
	// is none.
	then func(f elementwise) *G.Node

	// ofSum is the op with two last inputs, whose sum takes the place of the last input of this
	// one; nil if there is none.
	ofSum *op

	// padding is the zeros that the op adds around its input, which an op on its output may
	// read instead; nil for all ops but pad2d.
	padding *kernels.Padding

	// grads returns the gradient of each input from the inputs, the output y and the
	// output's gradient dy, nil for an input without one. An op whose grads is nil is not
	// differentiable: it is a gradient itself.
	grads func(in []*G.Node, y, dy *G.Node) []*G.Node
	// constant is the number of trailing inputs without a gradient: labels.
	constant int

	id     uint64 // Gorgonia must not merge equal ops: each has its own output
	inputs []*G.Node
	y      G.Value
	buf    []float32   // memory of y; nil until it is needed or placed
	in     [][]float32 // memory of the inputs
}

var lastID atomic.Uint64

// apply adds o to the graph of its inputs. Inputs are float32 with fixed shapes.
func apply(o op, in ...*G.Node) *G.Node {
	o.id, o.inputs = lastID.Add(1), in
	if o.out.Dims() == 0 {
		o.y, o.buf = G.NewF32(0), make([]float32, 1)
	}
	o.in = make([][]float32, len(in))
	for i, n := range in {
		if n.IsScalar() {
			o.in[i] = make([]float32, 1)
		}
	}
	return G.Must(G.ApplyOp(&o, in...))
}

// Do runs the kernel. The returned value belongs to the op and changes with the next Do.
func (o *op) Do(values ...G.Value) (G.Value, error) {
	for i, v := range values {
		switch v := v.(type) {
		case *tensor.Dense:
			o.in[i] = v.Float32s()
		case *G.F32:
			o.in[i][0] = float32(*v)
		default:
			return nil, fmt.Errorf("%s: input %d is a %T", o.name, i, v)
		}
	}
	if o.buf == nil {
		o.Place(Memory(o.Size()))
	}
	if !o.view {
		o.run(o.buf, o.in...)
	} else if &o.buf[0] != &o.in[0][0] {
		copy(o.buf, o.in[0])
	}
	if s, ok := o.y.(*G.F32); ok {
		*s = G.F32(o.buf[0])
	}
	return o.y, nil
}

// Size, Reuses, Place and Flops implement machine.Placeable: the number of values of the
// output, 0 if it needs no memory; which inputs it may overwrite, and whether it must share
// the memory of its one input; its memory; and the multiplications and additions per run.
func (o *op) Size() int {
	if o.out.Dims() == 0 {
		return 0
	}
	return o.out.TotalSize()
}

func (o *op) Reuses() (inputs []int, view bool) {
	switch {
	case o.view:
		return []int{0}, true
	case o.either:
		return []int{o.reuses - 1, o.reuses}, false
	case o.reuses > 0:
		return []int{o.reuses - 1}, false
	}
	return nil, false
}

func (o *op) Place(memory []float32) {
	o.y, o.buf = tensor.New(tensor.WithShape(o.out...), tensor.WithBacking(memory)), memory
}

// OfSum implements machine.Summing.
func (o *op) OfSum(a, b *G.Node) G.Op {
	if o.ofSum == nil {
		return nil
	}
	s := *o.ofSum
	last := len(o.inputs) - 1
	s.id, s.inputs = lastID.Add(1), append(slices.Clone(o.inputs[:last]), a, b)
	s.in = make([][]float32, len(s.inputs))
	return &s
}

func (o *op) Flops() int { return o.flops }

func (o *op) Arity() int { return len(o.inputs) }

func (o *op) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.inputs)+1)
	for _, n := range o.inputs {
		types = append(types, typeOf(n.Shape()))
	}
	return hm.NewFnType(append(types, typeOf(o.out))...)
}

func typeOf(s tensor.Shape) hm.Type {
	if s.Dims() == 0 {
		return tensor.Float32
	}
	return G.TensorType{Dims: s.Dims(), Of: tensor.Float32}
}

func (o *op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.out, nil }
func (o *op) ReturnsPtr() bool                               { return false }
func (o *op) CallsExtern() bool                              { return false }
func (o *op) OverwritesInput() int                           { return -1 }
func (o *op) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "%s %d", o.name, o.id) }
func (o *op) Hashcode() uint32                               { h := fnv.New32a(); o.WriteHash(h); return h.Sum32() }
func (o *op) String() string                                 { return o.name }

func (o *op) DiffWRT(n int) []bool {
	wrt := make([]bool, n)
	for i := range wrt {
		wrt[i] = o.grads != nil && i < n-o.constant
	}
	return wrt
}

func (o *op) SymDiff(in G.Nodes, y, dy *G.Node) (G.Nodes, error) {
	return o.grads(in, y, dy), nil
}
