package builder

import (
	"fmt"
	"time"

	"cnntrain/internal/ops"
)

// A Cost is what one op of a graph takes.
type Cost struct {
	Op    string // what it computes
	Shape string // of its output, 32x28x28x6
	Flops int    // multiplications and additions of a run
	Runs  int
	Time  time.Duration // of all runs
}

// Measure begins to note how long each op of the graph for a batch size takes,
// anew if it did before. The graph is made if there is none yet.
func (m *Model) Measure(batch int, training bool) error {
	g, err := m.graph(graphKey{batch, training})
	if err != nil {
		return err
	}
	g.machine.timed = true
	for i := range g.machine.steps {
		g.machine.steps[i].runs, g.machine.steps[i].took = 0, 0
	}
	return nil
}

// Costs returns what the ops of the graph for a batch size take, in the order
// they run in, with the times noted since Measure.
func (m *Model) Costs(batch int, training bool) ([]Cost, error) {
	g, err := m.graph(graphKey{batch, training})
	if err != nil {
		return nil, err
	}
	var costs []Cost
	for _, s := range g.machine.steps {
		c := Cost{Op: s.op.String(), Runs: s.runs, Time: s.took}
		for i, d := range s.node.Shape() {
			if i > 0 {
				c.Shape += "x"
			}
			c.Shape += fmt.Sprint(d)
		}
		if op, ok := s.op.(ops.Placeable); ok {
			c.Flops = op.Flops()
		}
		costs = append(costs, c)
	}
	return costs, nil
}
