package machine

import (
	"fmt"
	"strings"
	"time"
)

// A Cost is what one op of a graph takes.
type Cost struct {
	Op    string // what it computes
	Shape string // of its output, 32x28x28x6
	Flops int    // multiplications and additions of a run
	Runs  int
	Time  time.Duration // of all runs
}

// Measure begins to note how long each op takes, anew if it did before.
func (m *Machine) Measure() {
	m.timed = true
	for i := range m.steps {
		m.steps[i].runs, m.steps[i].took = 0, 0
	}
}

// Costs returns what the ops take, in the order they run in, with the times noted
// since Measure.
func (m *Machine) Costs() []Cost {
	var costs []Cost
	for _, s := range m.steps {
		c := Cost{Op: s.op.String(), Runs: s.runs, Time: s.took}
		c.Shape = strings.ReplaceAll(strings.Trim(fmt.Sprint([]int(s.node.Shape())), "[]"), " ", "x")
		if op, ok := s.op.(Placeable); ok {
			c.Flops = op.Flops()
		}
		costs = append(costs, c)
	}
	return costs
}
