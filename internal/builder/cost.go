package builder

import "cnntrain/internal/machine"

// A Cost is what one op of a graph takes.
type Cost = machine.Cost

// Measure begins to note how long each op of the graph for a batch size takes,
// anew if it did before. The graph is made if there is none yet.
func (m *Model) Measure(batch int, training bool) error {
	g, err := m.graph(graphKey{batch, training})
	if err == nil {
		g.machine.Measure()
	}
	return err
}

// Costs returns what the ops of the graph for a batch size take, in the order
// they run in, with the times noted since Measure.
func (m *Model) Costs(batch int, training bool) ([]Cost, error) {
	g, err := m.graph(graphKey{batch, training})
	if err != nil {
		return nil, err
	}
	return g.machine.Costs(), nil
}
