// Package ops makes kernels into Gorgonia ops with gradients.
package ops

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An op is a kernel as Gorgonia sees it. All of Gorgonia's interface lives
// here; the other files of this package give only run and grads.
//
// Its output lies in memory of its own, or where a machine has placed it; it owns
// the slices it hands to the kernel. So running it allocates nothing.
type op struct {
	name string
	out  tensor.Shape
	run  func(out []float32, in ...[]float32)

	flops  int  // multiplications and additions of a run; 0 where that is not what it does
	reuses int  // which input, counted from 1, the output may overwrite; 0 for none
	view   bool // the output is the first input in another shape: run does nothing

	// withReLU adds an op that is this one with max(·, 0) of its output, nil where
	// there is none.
	withReLU func() *G.Node

	// grads gives the gradient of each input from the inputs, the output y and
	// the output's gradient dy, nil for an input without one. An op whose grads
	// is nil has no gradient: it is one.
	grads func(in []*G.Node, y, dy *G.Node) []*G.Node
	// constant is how many of the last inputs have no gradient: labels.
	constant int

	id     uint64 // equal ops must not be merged: each has an output of its own
	inputs []*G.Node
	y      G.Value
	buf    []float32   // the memory of y; nil until it is needed or placed
	in     [][]float32 // the memory of the inputs
}

var lastID atomic.Uint64

// apply adds o to the graph of its inputs. Inputs are float32, shapes fixed.
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

// Do runs the kernel. The value returned belongs to the op and changes with the next Do.
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

// Size, Reuses, Place and Flops make an op a machine.Placeable: how many values the
// output has, 0 for one that needs no place; which inputs it may overwrite, and whether
// it must have the very memory of its one; where it lies; and how many multiplications
// and additions a run takes.
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
	case o.reuses > 0:
		return []int{o.reuses - 1}, false
	}
	return nil, false
}

func (o *op) Place(memory []float32) {
	o.y, o.buf = tensor.New(tensor.WithShape(o.out...), tensor.WithBacking(memory)), memory
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
