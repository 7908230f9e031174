package plot

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// labels returns the labels of ticks.
func labels(ticks []plot.Tick) (all []string) {
	for _, t := range ticks {
		if t.Label != "" {
			all = append(all, t.Label)
		}
	}
	return all
}

// The label of a tick is its value. gonum's are the same for several of a loss from 1 to 1.1, and a tick
// at 2.2925 is no 2.29.
func TestTicksAreWhereTheirLabelsSay(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []string
	}{
		{1, 1.1, []string{"1", "1.05", "1.1"}},
		{0, 1, []string{"0", "0.5", "1"}},
		{2.2913, 2.3130, nil},
		{2.3021, 2.3029, nil},
		{0.9827, 1.0256, nil},
		{-1e6, 3e6, nil},
		{1e12, 1e12 + 1, nil},
	} {
		ticks := exactTicks{}.Ticks(c.low, c.high)
		got := labels(ticks)
		sorted := slices.Sorted(slices.Values(got))
		if len(got) < 2 || len(slices.Compact(sorted)) != len(got) || c.want != nil && !slices.Equal(got, c.want) {
			t.Errorf("%g to %g: %q, want %q", c.low, c.high, got, c.want)
		}
		for _, tick := range ticks {
			if v, err := strconv.ParseFloat(tick.Label, 64); tick.Label != "" && (err != nil || math.Abs(v-tick.Value) > (c.high-c.low)/1000) {
				t.Errorf("%g to %g: %q is at %g", c.low, c.high, tick.Label, tick.Value)
			}
		}
	}
}

// Every number of epochs has labels. gonum's ticks for 1 to 13 have one at a whole number.
func TestEpochsHaveWholeTicks(t *testing.T) {
	for n := 2; n < 3000; n++ {
		if got := labels(wholeTicks{}.Ticks(1, float64(n))); len(got) < 2 || len(got) > 6 {
			t.Errorf("%d epochs: %q", n, got)
		}
	}
	for n, want := range map[int][]string{2: {"1", "2"}, 13: {"5", "10"}, 20: {"5", "10", "15", "20"}, 100: {"20", "40", "60", "80", "100"}} {
		if got := labels(wholeTicks{}.Ticks(1, float64(n))); !slices.Equal(got, want) {
			t.Errorf("%d epochs: %q, want %q", n, got, want)
		}
	}
	wholeTicks{}.Ticks(-1e100, 1e100) // ends
	wholeTicks{}.Ticks(1e300, 1e300)
}

func TestLogarithmicTicks(t *testing.T) {
	if got, want := labels(logTicks{}.Ticks(0.5, 23)), []string{"0.5", "1", "2", "5", "10", "20"}; !slices.Equal(got, want) {
		t.Errorf("0.5 to 23: %q, want %q", got, want)
	}
	if got := labels(logTicks{}.Ticks(0.02, 3e6)); len(got) != 8 {
		t.Errorf("0.02 to 3e6: %q", got)
	}
}

// A run of one epoch has no epochs 0 and 2, and its loss is not between -0.9 and 1.1.
func TestOneEpochStandsAlone(t *testing.T) {
	c := Chart{Title: "loss", X: "epoch", Series: []Series{{Name: "training", X: []float64{1}, Y: []float64{0.1}}}}
	var svg bytes.Buffer
	if err := Curves(c).Write(t.Context(), &svg, SVG); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{">0<", ">2<", ">-1<", "-0."} {
		if strings.Contains(svg.String(), wrong) {
			t.Errorf("%q is in the picture", wrong)
		}
	}
}
