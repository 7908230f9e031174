package train

import (
	"context"
	"errors"
	"math"
	"slices"

	"cnntrain/internal/data"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/schedule"
)

// A TriedRate is what happened at one learning rate.
type TriedRate struct {
	Rate     float64
	Loss     float64 // of the batch
	Smoothed float64 // mean of the losses so far, the late ones counting most
}

// keepMean is the share of the smoothed loss that a step keeps.
const keepMean = 0.9

// errTried ends the training of TryRates.
var errTried = errors.New("tried enough learning rates")

// TryRates trains m for some steps at a learning rate that grows by the same factor from
// step to step, and returns the loss at each. It ends early where the loss is many times the
// lowest, or it or a weight is not finite; that is an error in the first step. (Smith, Cyclical Learning Rates for Training
// Neural Networks, 2015, section 3.3; smoothed as fast.ai does it.) It trains as Fit does,
// but without the schedule and the callbacks of c and without validation.
func TryRates(ctx context.Context, m Model, sets *data.Sets, c *Config, first, last float64, steps int) ([]TriedRate, error) {
	const tooHigh = 4 // times the lowest
	var tried []TriedRate
	var mean float64
	lowest := math.Inf(1)
	plain := *c
	plain.Epochs, plain.Callbacks, plain.Schedule, plain.OnNaN, plain.FineTune = math.MaxInt, nil, schedule.Constant, "stop", FineTune{}
	alone := *sets
	alone.Val = nil
	rate := func() float64 { return first * math.Pow(last/first, float64(len(tried))/float64(steps-1)) }
	_, err := Fit(ctx, m, &alone, &plain, nil, callback.Callback{
		Start: func(s *callback.State) error { s.LearningRate = rate(); return nil },
		Batch: func(s *callback.State) error {
			mean = float64(keepMean*mean) + float64((1-keepMean)*s.StepLoss)
			t := TriedRate{Rate: rate(), Loss: s.StepLoss, Smoothed: mean / (1 - math.Pow(keepMean, float64(len(tried)+1)))}
			lowest = min(lowest, t.Smoothed)
			if t.Smoothed > tooHigh*lowest {
				return errTried
			}
			if tried = append(tried, t); len(tried) == steps {
				return errTried
			}
			s.LearningRate = rate()
			return nil
		},
	})
	var bad *NonFiniteError
	if errors.Is(err, errTried) || errors.As(err, &bad) && len(tried) > 0 { // else it is not the rate
		err = nil
	}
	return tried, err
}

// SuggestRate returns the rate at which the smoothed loss falls most steeply, as a share
// of itself, over the logarithm of the rate, and that at which it is lowest. (Without
// the share, images that are not scaled decide it: their loss begins far above what a
// guess has.) Slopes are those of straight lines through a good part of the points,
// since single ones are mostly noise; that the mean lags behind is made up for. It is an
// error if the loss does not fall.
func SuggestRate(tried []TriedRate) (steepest, lowest float64, err error) {
	reach := max(len(tried)/16, 2) // points to each side of one
	settle := 2 * reach            // points until the mean says something
	at := min(settle, len(tried)-1)
	for i := settle; i < len(tried); i++ {
		if tried[i].Smoothed < tried[at].Smoothed {
			at = i
		}
	}
	lag := int(keepMean / (1 - keepMean))
	var least float64
	for i := settle + reach; i <= at && i+reach < len(tried); i++ {
		if slope := slopeOf(tried[i-reach : i+reach+1]); slope < least {
			least, steepest = slope, tried[max(i-lag, 0)].Rate
		}
	}
	if steepest == 0 || tried[settle].Smoothed-tried[at].Smoothed < noise(tried) {
		return 0, 0, errors.New("the loss does not fall clearly at any of the learning rates tried")
	}
	return steepest, tried[at].Rate, nil
}

// noise returns how much the losses of batches differ without a reason, as a standard
// deviation: from the median of the differences of neighbours, which a few steps where
// the loss really changes do not move. (Smoothed losses wander by about as much.)
func noise(tried []TriedRate) float64 {
	var differences []float64
	for i := 1; i < len(tried); i++ {
		differences = append(differences, math.Abs(tried[i].Loss-tried[i-1].Loss))
	}
	slices.Sort(differences)
	return differences[len(differences)/2] / 0.954 // of normal noise: 0.6745·√2
}

// slopeOf returns the slope of the line through the logarithms of points by least squares. Their
// rates grow by one factor, so that they stand at equal distances.
func slopeOf(points []TriedRate) float64 {
	middle := float64(float64(len(points)-1) / 2)
	var sum, squares float64
	for i, p := range points {
		x := float64(i) - middle
		sum += float64(x * math.Log(p.Smoothed))
		squares += float64(x * x)
	}
	return sum / squares
}
