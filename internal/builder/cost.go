package builder

import "cnntrain/internal/machine"

// A Cost is the time and the work of one op of a graph.
type Cost = machine.Cost

// Measure starts timing the ops of the graph for a batch size, and resets earlier times. It
// builds the graph if necessary.
func (m *Model) Measure(batch int, training bool) error {
	g, err := m.graph(graphKey{batch: batch, training: training})
	if err == nil {
		g.machine.Measure()
	}
	return err
}

// Costs returns the costs of the ops of the graph for a batch size, in execution order,
// with the times since Measure.
func (m *Model) Costs(batch int, training bool) ([]Cost, error) {
	g, err := m.graph(graphKey{batch: batch, training: training})
	if err != nil {
		return nil, err
	}
	return g.machine.Costs(), nil
}
