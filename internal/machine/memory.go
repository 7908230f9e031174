package machine

import (
	"cmp"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// A layout assigns the outputs of a graph to one block of memory. Two outputs may overlap
// only if no step needs both: an output is live from the step that computes it to the last
// one that reads it, and those of targets to the end.
type layout struct {
	size    int // number of values of the block
	outputs []placed
}

// A placed is the output of one step.
type placed struct {
	op   Placeable
	at   int       // in the layout's memory
	view []float32 // memory of an input of the graph, for an output that is a view of it
}

// A room is the memory of one output, or of several in succession.
type room struct {
	size        int
	first, last int // live range, in steps
	at          int
}

// align is the alignment of rooms, in values: a cache line.
const align = 16

// arrange lays out the outputs of all steps; kept lists the positions of values that are
// read after the run.
func (m *Machine) arrange(kept []int) layout {
	last := m.lastReads(kept)
	rooms := map[int]*room{}       // by position of the value
	outside := map[int][]float32{} // inputs of the graph and views of them
	for i, v := range m.values {
		if d, ok := v.(*tensor.Dense); ok {
			outside[i] = d.Float32s()
		}
	}
	var l layout
	var all []*room
	var of []*room // the room of each output, nil if it is elsewhere
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
			} else if old := rooms[from]; old != nil && old.size == op.Size() && (view || old.last == i && old.alone(s.args, rooms)) {
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

// alone reports whether one argument only is in the room: an op may write over one of its inputs, but not over
// two that are views of the same values, of which it may read one after it has written where the other was.
func (r *room) alone(args []int, rooms map[int]*room) bool {
	n := 0
	for _, a := range args {
		if rooms[a] == r {
			n++
		}
	}
	return n == 1
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

// pack places each room, the largest first, at the lowest offset where it does not overlap
// a room that is live at the same time, and returns the total size. (Greedy by size:
// Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020.)
func pack(rooms []*room) (size int) {
	bySize := slices.SortedStableFunc(slices.Values(rooms), func(a, b *room) int { return cmp.Compare(b.size, a.size) })
	var done []*room // sorted by offset
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

// Size returns the number of values of the shared memory for all outputs.
func (m *Machine) Size() int { return m.layout.size }

// Place assigns memory of at least Size values to the outputs. Machines that do not run at
// the same time can share it.
func (m *Machine) Place(memory []float32) {
	for _, p := range m.layout.outputs {
		if p.view != nil {
			p.op.Place(p.view)
		} else {
			p.op.Place(memory[p.at:][:p.op.Size():p.op.Size()])
		}
	}
}
