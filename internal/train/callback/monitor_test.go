package callback

import (
	"testing"

	"cnntrain/internal/train/metric"
)

func TestMoreOfAScoreIsBetter(t *testing.T) {
	better := map[string]bool{"loss": false}
	for _, name := range metric.Metrics.Names() {
		better[name] = true
	}
	for name, want := range better {
		for _, of := range []string{name, "val_" + name} {
			if got := NewMonitor(of).Up(); got != want {
				t.Errorf("%s: %v", of, got)
			}
		}
	}
}
