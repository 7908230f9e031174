package plot

import (
	"slices"
	"testing"
)

// No two ticks have the same label, which gonum's have for a loss from 1 to 1.1.
func TestTicksHaveDifferentLabels(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []string
	}{
		{1, 1.1, []string{"1", "1.05", "1.1"}},
		{0, 1, []string{"0", "0.5", "1"}},
		{2.3021, 2.3029, nil},
		{-1e6, 3e6, nil},
	} {
		var labels []string
		for _, tick := range (distinctTicks{}).Ticks(c.low, c.high) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		sorted := slices.Sorted(slices.Values(labels))
		if len(labels) < 2 || len(slices.Compact(sorted)) != len(labels) || c.want != nil && !slices.Equal(labels, c.want) {
			t.Errorf("%g to %g: %q, want %q", c.low, c.high, labels, c.want)
		}
	}
}
