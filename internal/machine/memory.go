package machine

import (
	"cmp"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// A layout says where in one block of memory the outputs of a graph lie. Two
// outputs overlap only if no step needs both: an output lives from the step that
// computes it to the last one that reads it, and those of targets to the end.
type layout struct {
	size    int // values of the whole
	outputs []placed
}

// A placed is the output of one step.
type placed struct {
	op   Placeable
	at   int       // in the layout's memory
	view []float32 // memory of an input of the graph, for an output that is a view of it
}

// A room is memory that one output, or several that follow each other, need.
type room struct {
	size        int
	first, last int // steps
	at          int
}

// align is what rooms start at multiples of, in values: a cache line.
const align = 16

// arrange lays out the outputs of all steps; kept are the positions of values
// that are read after the run.
func (m *Machine) arrange(kept []int) layout {
	last := m.lastReads(kept)
	rooms := map[int]*room{}       // by the position of the value
	outside := map[int][]float32{} // memory of inputs of the graph and views of them
	for i, v := range m.values {
		if d, ok := v.(*tensor.Dense); ok {
			outside[i] = d.Float32s()
		}
	}
	var l layout
	var all []*room
	var of []*room // the room of each output, nil outside
	for i, s := range m.steps {
		op, ok := s.op.(Placeable)
		if !ok || op.Size() == 0 {
			continue
		}
		var r *room
		p := placed{op: op}
		inputs, view := op.Reuses()
		for _, input := range inputs {
			from := s.args[input]
			if view && outside[from] != nil {
				p.view = outside[from]
				outside[s.out] = p.view
			} else if old := rooms[from]; old != nil && old.size == op.Size() && (view || old.last == i) {
				r = old
				break
			}
		}
		if r == nil && p.view == nil {
			r = &room{size: op.Size(), first: i}
			all = append(all, r)
		}
		if r != nil {
			r.last = max(r.last, last[s.out])
			rooms[s.out] = r
		}
		of = append(of, r)
		l.outputs = append(l.outputs, p)
	}
	l.size = pack(all)
	for i, r := range of {
		if r != nil {
			l.outputs[i].at = r.at
		}
	}
	return l
}

// lastReads returns for each value the last step that reads it.
func (m *Machine) lastReads(kept []int) []int {
	last := make([]int, len(m.values))
	for i := len(m.steps) - 1; i >= 0; i-- {
		s := m.steps[i]
		if slices.Contains(kept, s.out) {
			last[s.out] = math.MaxInt
		}
		last[s.out] = max(last[s.out], i)
		for _, a := range s.args {
			last[a] = max(last[a], i)
		}
	}
	return last
}

// pack gives each room its place, the largest first, each as low as those that
// it meets leave room, and returns the size of the whole. (Greedy by size:
// Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020.)
func pack(rooms []*room) (size int) {
	bySize := slices.SortedStableFunc(slices.Values(rooms), func(a, b *room) int { return cmp.Compare(b.size, a.size) })
	var done []*room // by place
	for _, r := range bySize {
		for _, o := range done {
			if r.first <= o.last && o.first <= r.last && r.at+r.size > o.at && r.at < o.at+o.size {
				r.at = (o.at + o.size + align - 1) / align * align
			}
		}
		at, _ := slices.BinarySearchFunc(done, r, func(a, b *room) int { return cmp.Compare(a.at, b.at) })
		done = slices.Insert(done, at, r)
		size = max(size, r.at+r.size)
	}
	return size
}

// Size returns how many values the outputs need where they share memory.
func (m *Machine) Size() int { return m.layout.size }

// Place gives the outputs their memory, of at least Size values, which machines that
// run in turn can share.
func (m *Machine) Place(memory []float32) {
	for _, p := range m.layout.outputs {
		if p.view != nil {
			p.op.Place(p.view)
		} else {
			p.op.Place(memory[p.at:][:p.op.Size():p.op.Size()])
		}
	}
}
