package callback

import (
	"fmt"
	"math"
	"regexp"

	"cnntrain/internal/catalog"
)

// A Monitor watches one figure of the logs for its best value.
type Monitor struct {
	Name     string
	Mode     string // min, max or auto
	MinDelta float64
	From     int            // number of epochs to wait before monitoring
	Field    *catalog.Field // that Name comes from; nil where no spec gives it
	best     float64
	seen     bool
}

// NewMonitor watches name, where less is better unless it is a score.
func NewMonitor(name string) *Monitor { return &Monitor{Name: name, Mode: "auto"} }

func (m *Monitor) options(o *catalog.Options) {
	m.Field = o.Bind(&m.Name, "monitor", "the metric to monitor: loss or one of metrics, with the prefix val_ for validation data")
	o.Bind(&m.MinDelta, "min_delta", "a change must be larger than this to count as an improvement").Min(0)
	o.Bind(&m.Mode, "mode", "whether lower (min) or higher (max) is better; auto: max for accuracies, f1_score and auc, else min").OneOf("auto", "min", "max")
}

// kept is what the monitor remembers.
func (m *Monitor) kept() []any { return []any{&m.best, &m.seen} }

// Improved takes the figure of an epoch and reports whether it is better than
// any before by more than MinDelta. NaN never is.
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

// Up reports whether more is better.
func (m *Monitor) Up() bool {
	return m.Mode == "max" || m.Mode == "auto" && moreIsBetter.MatchString(m.Name)
}

// moreIsBetter is the names of metrics of which Keras too takes more for better.
var moreIsBetter = regexp.MustCompile(`acc|^(val_)?(auc|f1_score)$`)
