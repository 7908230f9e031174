package callback

import (
	"fmt"
	"math"
	"strings"

	"cnntrain/internal/catalog"
)

// A Monitor tracks the best value of one metric of the logs.
type Monitor struct {
	Name     string
	Mode     string // min, max or auto
	MinDelta float64
	From     int            // number of epochs to wait before monitoring
	Field    *catalog.Field // position of Name in the spec; nil if it is not from a spec
	best     float64
	seen     bool
}

// NewMonitor monitors name; mode is max for scores and min otherwise.
func NewMonitor(name string) *Monitor { return &Monitor{Name: name, Mode: "auto"} }

func (m *Monitor) options(o *catalog.Options) {
	m.Field = o.Bind(&m.Name, "monitor", "the metric to monitor: loss or one of metrics, with the prefix val_ for validation data")
	o.Bind(&m.MinDelta, "min_delta", "a change must be larger than this to count as an improvement").Min(0)
	o.Bind(&m.Mode, "mode", "whether lower (min) or higher (max) is better; auto: min for the loss, max for metrics").OneOf("auto", "min", "max")
}

// kept is the monitor's state.
func (m *Monitor) kept() []any { return []any{&m.best, &m.seen} }

// forget makes the next value the first one.
func (m *Monitor) forget() { m.best, m.seen = 0, false }

// Improved records the metric of an epoch and reports whether it is better than the best so
// far by more than MinDelta. NaN never is.
func (m *Monitor) Improved(logs Logs) (bool, error) {
	v, ok := logs.Get(m.Name)
	if !ok {
		return false, fmt.Errorf("nothing called %q to watch", m.Name)
	}
	better := v < m.best-m.MinDelta
	if m.Up() {
		better = v > m.best+m.MinDelta
	}
	if math.IsNaN(v) || m.seen && !better {
		return false, nil
	}
	m.best, m.seen = v, true
	return true, nil
}

// Up reports whether larger values are better.
func (m *Monitor) Up() bool {
	return m.Mode == "max" || m.Mode == "auto" && strings.TrimPrefix(m.Name, "val_") != "loss" // as Keras does for these metrics
}
