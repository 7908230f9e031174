// Package machinetest runs graphs in tests in the same way as models do.
package machinetest

import (
	"math"
	"slices"
	"testing"

	"cnntrain/internal/machine"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// New returns a machine for some targets of a graph, which has run once, with its outputs
// in memory that was filled with NaN. The test fails if a value of the targets is not, bit
// for bit, that of Gorgonia's TapeMachine, under which each output has memory of its own.
// Changes that TapeMachine's run makes to inputs, moving averages, are reverted before the
// machine's run.
func New(t testing.TB, targets ...*G.Node) *machine.Machine {
	t.Helper()
	g := targets[0].Graph()
	var inputs []G.Value
	for _, n := range g.Inputs() {
		inputs = append(inputs, n.Value())
	}
	before := copies(inputs)
	tape := G.NewTapeMachine(g)
	defer func() { _ = tape.Close() }() // which releases nothing
	if err := tape.RunAll(); err != nil {
		t.Fatal(err)
	}
	var want []G.Value
	for _, n := range targets {
		want = append(want, n.Value())
	}
	outputs, after := copies(want), copies(inputs)
	for i, v := range before {
		copy(Floats(inputs[i]), v)
	}

	m, err := machine.New(targets...)
	if err != nil {
		t.Fatal(err)
	}
	memory := make([]float32, m.Size())
	for i := range memory {
		memory[i] = float32(math.NaN())
	}
	m.Place(memory)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range targets {
		if !same(Floats(m.Value(n)), outputs[i]) {
			t.Errorf("%v is not what TapeMachine computes", n)
		}
	}
	for i, v := range inputs {
		if !same(Floats(v), after[i]) {
			t.Errorf("%v is not what TapeMachine leaves there", g.Inputs()[i])
		}
	}
	return m
}

// Floats returns the values of a tensor, without copying, or a copy of a scalar's.
func Floats(v G.Value) []float32 {
	if s, ok := v.(*G.F32); ok {
		return []float32{float32(*s)}
	}
	return v.(*tensor.Dense).Float32s()
}

func copies(values []G.Value) (all [][]float32) {
	for _, v := range values {
		all = append(all, slices.Clone(Floats(v)))
	}
	return all
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}
