package experiment

import (
	"fmt"
	"math"
	"slices"

	"cnntrain/internal/builder"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/runs"
)

// A chance is what a model reaches that always predicts how frequent the classes are.
type chance struct {
	loss     float64 // the entropy of the classes: ln(classes) if they are equally frequent
	accuracy float64 // that of predicting the most frequent class, at most, by luck
}

func newChance(examples dataset.Examples, classes int) *chance {
	counts := make([]int, classes)
	for i := range examples.Len() {
		counts[examples.Label(i)]++
	}
	c, n := &chance{}, float64(examples.Len())
	for _, count := range counts {
		if p := float64(count) / n; p > 0 {
			c.loss -= float64(p * math.Log(p))
			c.accuracy = max(c.accuracy, p)
		}
	}
	c.accuracy += float64(3 * math.Sqrt(c.accuracy*(1-c.accuracy)/n))
	return c
}

// has reports whether an epoch was no better. A penalty on weights may raise its loss.
func (c *chance) has(epoch runs.Figures) bool {
	loss, _ := epoch.Get("loss")
	accuracy, ok := epoch.Get("accuracy")
	return ok && loss >= 0.99*c.loss && accuracy <= c.accuracy
}

// learnedBy is the number of steps after which a model that can learn is better than chance.
const learnedBy = 300

// warnOfChance says once if an epoch of a model of several classes has learned nothing.
func (f *fit) warnOfChance() {
	epochs := f.run.Info.Epochs
	steps := (f.sets.Train.Len() + f.Train.BatchSize - 1) / f.Train.BatchSize
	first := (learnedBy + steps - 1) / steps // the first epoch that counts, from 1
	if len(epochs) < first || f.Plan.Separate() {
		return
	}
	if f.chance == nil {
		f.chance = newChance(f.sets.Train, f.Plan.Classes())
	}
	last := len(epochs) - 1
	if !f.chance.has(epochs[last]) {
		return
	}
	for _, earlier := range epochs[first-1 : last] {
		if f.chance.has(earlier) {
			return // said before, perhaps in the run that this one resumes
		}
	}
	helps := fmt.Sprintf("a lower rate (--set train.optimizer.learning_rate=%.2g)", f.rate/10)
	if !slices.ContainsFunc(f.Plan.Layers, func(l builder.Layer) bool { return l.Type == "BatchNormalization" }) {
		helps += ", or batch normalization,"
	}
	f.options.Listener.Logf("still at chance after epoch %d; %s is what usually helps", len(epochs), helps)
}
