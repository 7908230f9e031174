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
// It owns its output and the slices it hands to the kernel, so that running it
// allocates nothing.
type op struct {
	name string
	out  tensor.Shape
	run  func(out []float32, in ...[]float32)

	// grads gives the gradient of each input from the inputs, the output y and
	// the output's gradient dy, nil for an input without one. An op whose grads
	// is nil has no gradient: it is one.
	grads func(in []*G.Node, y, dy *G.Node) []*G.Node
	// constant is how many of the last inputs have no gradient: labels.
	constant int

	id     uint64 // equal ops must not be merged: each owns its output
	inputs []*G.Node
	y      G.Value
	buf    []float32   // the memory of y
	in     [][]float32 // the memory of the inputs
}

var lastID atomic.Uint64

// apply adds o to the graph of its inputs. Inputs are float32, shapes fixed.
func apply(o op, in ...*G.Node) *G.Node {
	o.id, o.inputs = lastID.Add(1), in
	if o.out.Dims() == 0 {
		o.y, o.buf = G.NewF32(0), make([]float32, 1)
	} else {
		d := tensor.New(tensor.WithShape(o.out...), tensor.Of(tensor.Float32))
		o.y, o.buf = d, d.Float32s()
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
	o.run(o.buf, o.in...)
	if s, ok := o.y.(*G.F32); ok {
		*s = G.F32(o.buf[0])
	}
	return o.y, nil
}

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
