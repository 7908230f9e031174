package train

import (
	"math"
	"testing"
)

// valley is a loss that stays at 2, falls around 1e-3, is lowest at 1e-2, and grows.
func valley() (tried []TriedRate) {
	for i := range 801 {
		x := -7 + 8*float64(i)/800 // log10 of the rate
		y := 2 - 1/(1+math.Exp(-4*(x+3)))
		if x > -2 {
			y += (x + 2) * (x + 2)
		}
		tried = append(tried, TriedRate{Rate: math.Pow(10, x), Smoothed: y})
	}
	return tried
}

func TestSuggestRateIsWhereTheLossFallsMost(t *testing.T) {
	steepest, lowest, err := SuggestRate(valley())
	if err != nil || steepest < 0.8e-3 || steepest > 1.25e-3 || lowest < 0.8e-2 || lowest > 2e-2 {
		t.Errorf("%v, %v, %v; want about 1e-3 and 1e-2", steepest, lowest, err)
	}
}

// Neither the schedule nor on_nan nor validation takes part, and the loss is that of a step.
func TestTryRatesTrainsAsFitDoes(t *testing.T) {
	m := newFake()
	m.loss = func(step int) float32 { return 2 - float32(step)/100 }
	tried, err := TryRates(t.Context(), m, sets(10, 4), config(t, "{batch_size: 4, epochs: 1, optimizer: sgd, schedule: {step_decay: {epochs: 1}}, on_nan: lower-lr}"), 1e-4, 1, 9)
	if err != nil || len(tried) != 9 {
		t.Fatal(tried, err)
	}
	for i, r := range tried {
		if want := 2 - float64(i+1)/100; math.Abs(r.Loss-want) > 1e-6 {
			t.Errorf("step %d has the loss %v, want %v", i+1, r.Loss, want)
		}
	}
}

// The loss of images that are not scaled begins far above what a guess has.
func TestSuggestRateIsNotMisledByAHighStart(t *testing.T) {
	tried := valley()
	for i := range tried {
		tried[i].Smoothed *= 45 * min(1, math.Pow(tried[i].Rate/1e-5, -0.25)) // from 90, slowly
	}
	if steepest, _, err := SuggestRate(tried); err != nil || steepest < 0.8e-3 || steepest > 1.25e-3 {
		t.Errorf("%v, %v; want about 1e-3", steepest, err)
	}
}

func TestSuggestRateSaysWhenThereIsNone(t *testing.T) {
	var rising []TriedRate
	for i := range 100 {
		rising = append(rising, TriedRate{Rate: float64(i + 1), Smoothed: float64(i)})
	}
	for _, tried := range [][]TriedRate{nil, rising, valley()[:3]} {
		if rate, _, err := SuggestRate(tried); err == nil {
			t.Errorf("%d rates: %v", len(tried), rate)
		}
	}
}

func TestTryRatesGrowsTheRateByOneFactor(t *testing.T) {
	m := newFake() // whose weight falls by each rate
	tried, err := TryRates(t.Context(), m, sets(10, 0), config(t, "{batch_size: 4, optimizer: sgd}"), 1e-4, 1, 9)
	if err != nil || len(tried) != 9 || tried[0].Rate != 1e-4 || math.Abs(tried[8].Rate-1) > 1e-12 {
		t.Fatal(tried, err)
	}
	var sum float64
	for i, r := range tried {
		if ratio := r.Rate / tried[max(i-1, 0)].Rate; i > 0 && math.Abs(ratio-math.Sqrt(10)) > 1e-9 {
			t.Errorf("a factor of %v", ratio)
		}
		sum += r.Rate
		if math.Abs(r.Smoothed-1) > 1e-9 {
			t.Errorf("the mean of ones is %v", r.Smoothed)
		}
	}
	if got := -float64(m.w.Float32s()[0]); math.Abs(got-sum) > 1e-5 {
		t.Errorf("the weight moved by %v, want %v", got, sum)
	}
}

func TestTryRatesStopsWhereTrainingBreaks(t *testing.T) {
	for name, broken := range map[string]float32{"no number": float32(math.NaN()), "far too high": 1000} {
		m := newFake()
		m.loss = func(step int) float32 {
			if step > 20 {
				return broken
			}
			return 1
		}
		if tried, err := TryRates(t.Context(), m, sets(10, 0), config(t, "{}"), 1e-4, 1, 100); err != nil || len(tried) != 20 {
			t.Errorf("%s: %d rates, %v", name, len(tried), err)
		}
	}
}
