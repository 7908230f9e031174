package machine

import (
	"fmt"
	"strings"
	"time"
)

// A Cost is the time and the work of one op of a graph.
type Cost struct {
	Op    string // name of the op
	Shape string // shape of its output, 32x28x28x6
	Flops int    // multiplications and additions per run
	Runs  int
	Time  time.Duration // sum over all runs
}

// Measure starts timing the ops, and resets earlier times.
func (m *Machine) Measure() {
	m.timed = true
	for i := range m.steps {
		m.steps[i].runs, m.steps[i].took = 0, 0
	}
}

// Costs returns the costs of the ops, in execution order, with the times since Measure.
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
