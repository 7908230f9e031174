package builder

import (
	"fmt"
	"maps"
	"slices"
	"time"

	G "gorgonia.org/gorgonia"
)

// A machine runs a graph. It is a gorgonia.VM that does what TapeMachine does
// for the graphs we make and no more: nothing is allocated per run, nodes that
// no target needs are left out (the gradient of the images), the order is always
// the same, and outputs that are not needed at the same time share memory.
type machine struct {
	steps  []step
	values []G.Value // of every node needed, by its position in order
	index  map[*G.Node]int
	layout layout                 // of the outputs in memory
	timed  bool                   // whether steps note how long they took
	seen   func(i int, v G.Value) // called for the steps that watch marked
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

	watched []int // which of the nodes of watch it computes
}

var _ G.VM = (*machine)(nil)

// newMachine returns a machine that computes the targets from the graph's inputs,
// whose values must be set already and stay the same tensors.
func newMachine(targets ...*G.Node) (*machine, error) {
	needed := map[*G.Node]bool{}
	for _, t := range targets {
		need(t, needed)
	}
	// A node is made after its inputs, so the order of making is an order of running.
	order := slices.SortedFunc(maps.Keys(needed), func(a, b *G.Node) int { return int(a.ID() - b.ID()) })
	m := &machine{values: make([]G.Value, len(order)), index: map[*G.Node]int{}}
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

// RunAll computes every target once.
func (m *machine) RunAll() error { return m.run(m.steps) }

// run runs some steps, of which those before have been run.
func (m *machine) run(steps []step) error {
	for i := range steps {
		s := &steps[i]
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
			return fmt.Errorf("%v: %w", s.node, err)
		}
		m.values[s.out] = v
		for _, i := range s.watched {
			m.seen(i, v)
		}
	}
	return nil
}

// watch makes the machine call seen for each of some nodes as soon as it is computed,
// with its place in the list.
func (m *machine) watch(nodes []*G.Node, seen func(i int, v G.Value)) {
	m.seen = seen
	for i, n := range nodes {
		at := slices.IndexFunc(m.steps, func(s step) bool { return s.node == n })
		m.steps[at].watched = append(m.steps[at].watched, i)
	}
}

// value returns the value of a node as of the last run.
func (m *machine) value(n *G.Node) G.Value { return m.values[m.index[n]] }

// Reset is for machines that keep a position; this one runs to the end.
func (m *machine) Reset() {}

// Close has nothing to give back.
func (m *machine) Close() error { return nil }
