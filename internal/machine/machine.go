// Package machine runs Gorgonia graphs.
package machine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	G "gorgonia.org/gorgonia"
)

// A Machine runs a graph. It is a gorgonia.VM that does what TapeMachine does
// for the graphs we make and no more: nothing is allocated per run, nodes that
// no target needs are left out (the gradient of the images), the order is always
// the same, outputs that are not needed at the same time share memory, and gradients
// are added up by a kernel of ours.
type Machine struct {
	steps  []step
	values []G.Value // of every node needed, by its position in order
	index  map[*G.Node]int
	layout layout // of the outputs in memory
	timed  bool   // whether steps note how long they took
}

// A Placeable op computes into memory that a machine gives it.
type Placeable interface {
	G.Op
	// Size is how many values the output has, 0 for one that needs no place.
	Size() int
	// Reuses is which inputs the output may overwrite, each as good as the other. The
	// output of a view must have the very memory of its one input.
	Reuses() (inputs []int, view bool)
	// Place gives the output its memory, of Size values.
	Place(memory []float32)
	// Flops is the multiplications and additions of a run, as textbooks count them.
	Flops() int
}

// A step runs one op.
type step struct {
	node *G.Node
	op   G.Op
	args []int     // positions of the inputs in values
	in   []G.Value // the inputs, filled in per run
	out  int
	runs int // while timed
	took time.Duration
}

var _ G.VM = (*Machine)(nil)

// New returns a machine that computes the targets from the graph's inputs, whose
// values must be set already and stay the same tensors. Before it runs for the first
// time its outputs may be placed in memory; those that are not have memory of their own.
func New(targets ...*G.Node) (*Machine, error) {
	needed := map[*G.Node]bool{}
	for _, t := range targets {
		need(t, needed)
	}
	// A node is made after its inputs, so the order of making is an order of running.
	order := slices.SortedFunc(maps.Keys(needed), func(a, b *G.Node) int { return int(a.ID() - b.ID()) })
	m := &Machine{values: make([]G.Value, len(order)), index: map[*G.Node]int{}}
	for i, n := range order {
		m.index[n] = i
		children := children(n)
		if n.Op() == nil || len(children) == 0 { // an input or a constant
			if m.values[i] = n.Value(); m.values[i] == nil {
				return nil, fmt.Errorf("input %v of the graph has no value", n)
			}
			continue
		}
		s := step{node: n, op: n.Op(), out: i, in: make([]G.Value, len(children))}
		if sum, ok := sumOf(n, children); ok {
			s.op = sum
		}
		for _, c := range children {
			s.args = append(s.args, m.index[c])
		}
		m.steps = append(m.steps, s)
	}
	var kept []int
	for _, t := range targets {
		kept = append(kept, m.index[t])
	}
	m.layout = m.arrange(kept)
	return m, nil
}

// need marks n and everything it is computed from.
func need(n *G.Node, needed map[*G.Node]bool) {
	if !needed[n] {
		needed[n] = true
		for _, c := range children(n) {
			need(c, needed)
		}
	}
}

func children(n *G.Node) (nodes []*G.Node) {
	it := n.Graph().From(n.ID())
	for it.Next() {
		nodes = append(nodes, it.Node().(*G.Node))
	}
	return nodes
}

// Steps returns the nodes that are computed, in the order of running.
func (m *Machine) Steps() []*G.Node {
	nodes := make([]*G.Node, len(m.steps))
	for i, s := range m.steps {
		nodes[i] = s.node
	}
	return nodes
}

// Step computes the node at index i of Steps, of which those before have been
// computed. The value is good until the outputs' memory is used again.
func (m *Machine) Step(i int) (G.Value, error) {
	s := &m.steps[i]
	for j, a := range s.args {
		s.in[j] = m.values[a]
	}
	var began time.Time
	if m.timed {
		began = time.Now()
	}
	v, err := s.op.Do(s.in...)
	if m.timed {
		s.runs++
		s.took += time.Since(began)
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", s.node, err)
	}
	m.values[s.out] = v
	return v, nil
}

// RunAll computes every target once.
func (m *Machine) RunAll() error {
	for i := range m.steps {
		if _, err := m.Step(i); err != nil {
			return err
		}
	}
	return nil
}

// Value returns the value of a target, or of an input, as of the last run.
func (m *Machine) Value(n *G.Node) G.Value { return m.values[m.index[n]] }

// Reset is for machines that keep a position; this one runs to the end.
func (m *Machine) Reset() {}

// Close has nothing to give back.
func (m *Machine) Close() error { return nil }
