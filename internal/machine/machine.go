// Package machine runs Gorgonia graphs.
package machine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	G "gorgonia.org/gorgonia"
)

// A Machine runs a graph. It is a gorgonia.VM that does what TapeMachine does for the
// graphs of this program, with these differences: runs allocate nothing, nodes that no
// target needs are skipped (the gradient of the images), the order is deterministic,
// outputs that are not needed at the same time share memory, and gradients are summed by
// our own kernel.
type Machine struct {
	steps  []step
	values []G.Value // every needed node, by position in execution order
	index  map[*G.Node]int
	layout layout // of the outputs' memory
	timed  bool   // whether steps are timed
}

// A Placeable op computes into memory that the machine provides.
type Placeable interface {
	G.Op
	// Size is the number of values of the output, 0 if it needs no memory.
	Size() int
	// Reuses lists the inputs that the output may overwrite, in no order of preference. The
	// output of a view must share the memory of its one input.
	Reuses() (inputs []int, view bool)
	// Place sets the memory of the output, Size values.
	Place(memory []float32)
	// Flops is the number of multiplications and additions of a run of the textbook
	// algorithm.
	Flops() int
}

// A Summing op may be able to add up what is its last input, if that is a sum that nothing
// else reads.
type Summing interface {
	// OfSum returns the op with the two terms as its last inputs, or nil.
	OfSum(a, b *G.Node) G.Op
}

// A step runs one op.
type step struct {
	node *G.Node
	op   G.Op
	args []int     // positions of the inputs in values
	in   []G.Value // the inputs, filled in for each run
	out  int
	runs int // sum of the times, while timed
	took time.Duration
}

var _ G.VM = (*Machine)(nil)

// New returns a machine that computes the targets from the graph's inputs, whose values
// must be set already and must stay the same tensors. Before the first run the outputs may
// be placed in shared memory; otherwise each has memory of its own.
func New(targets ...*G.Node) (*Machine, error) {
	needed := map[*G.Node]bool{}
	for _, t := range targets {
		need(t, needed)
	}
	// A node is created after its inputs, so the order of creation is a valid execution
	// order.
	order := slices.SortedFunc(maps.Keys(needed), func(a, b *G.Node) int { return int(a.ID() - b.ID()) })
	m := &Machine{values: make([]G.Value, len(order)), index: map[*G.Node]int{}}
	sums := absorb(order, targets)
	for i, n := range order {
		m.index[n] = i
		children := children(n)
		if n.Op() == nil || len(children) == 0 { // an input or a constant
			if m.values[i] = n.Value(); m.values[i] == nil {
				return nil, fmt.Errorf("input %v of the graph has no value", n)
			}
			continue
		}
		s := step{node: n, op: n.Op(), out: i}
		if by := sums[n]; by != nil {
			if by.node != n {
				continue // that op adds up n
			}
			s.op, children = by.op, by.inputs
		} else if sum, ok := sumOf(n, children); ok {
			s.op = sum
		}
		s.in = make([]G.Value, len(children))
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

// need marks n and everything it depends on.
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

// Steps returns the computed nodes in execution order.
func (m *Machine) Steps() []*G.Node {
	nodes := make([]*G.Node, len(m.steps))
	for i, s := range m.steps {
		nodes[i] = s.node
	}
	return nodes
}

// Step computes the node at index i of Steps, after the nodes before it. The value is valid
// until the memory of the output is reused.
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

// Value returns the value of a target, or of an input, after the last run.
func (m *Machine) Value(n *G.Node) G.Value { return m.values[m.index[n]] }

// Reset is for machines that can stop midway; this one runs to the end.
func (m *Machine) Reset() {}

// Close releases nothing.
func (m *Machine) Close() error { return nil }
