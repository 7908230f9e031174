package experiment

import (
	"fmt"
	"math"
	"slices"

	"cnntrain/internal/builder"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/runs"
	"cnntrain/internal/words"
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

// diverged is how many times the loss of chance an epoch's loss is if the rate, or the input, is too large.
const diverged = 100

// has reports whether an epoch was no better. Penalties on weights may raise its loss.
func (c *chance) has(epoch runs.Figures) bool {
	loss, _ := epoch.Get("loss")
	accuracy, ok := epoch.Get("accuracy")
	return ok && loss >= 0.99*c.loss && accuracy <= c.accuracy
}

// diverges reports whether a loss is that much larger.
func (c *chance) diverges(loss float64) bool { return loss >= diverged*c.loss }

// learnedBy is the number of steps after which a model that can learn is better than chance.
const learnedBy = 300

// steps is the number of steps of an epoch.
func (f *fit) steps() int { return f.batches(f.sets.Train.Len()) }

// epochsToLearn is the number of epochs that have as many steps.
func (f *fit) epochsToLearn() int { return (learnedBy + f.steps() - 1) / f.steps() }

// hopeless says what an epoch, counted from 1, of a model of several classes shows if it has learned nothing.
func (f *fit) hopeless(epoch int, figures runs.Figures) string {
	loss, _ := figures.Get("loss")
	switch {
	case !f.chance.has(figures):
	case f.chance.diverges(loss) && !f.Plan.Penalized():
		return fmt.Sprintf("the loss of epoch %d, %.3g, is far above %.3g, that of guessing", epoch, loss, f.chance.loss)
	case epoch >= f.epochsToLearn():
		return fmt.Sprintf("still at chance after epoch %d", epoch)
	}
	return ""
}

// rescales has the types of layers that bring pixels near 0.
var rescales = map[string]bool{"Rescaling": true, "Normalization": true, "BatchNormalization": true}

// warnIfHopeless says once if the last epoch has learned nothing, and what usually helps.
func (f *fit) warnIfHopeless() {
	if f.Plan.Separate() {
		return
	}
	if f.chance == nil {
		f.chance = newChance(f.sets.Train, f.Plan.Classes())
	}
	epochs := f.run.Info.Epochs
	last := len(epochs) - 1
	reason := f.hopeless(last+1, epochs[last])
	if reason == "" {
		return
	}
	for i, earlier := range epochs[:last] {
		if f.hopeless(i+1, earlier) != "" {
			return // said before, perhaps in the run that this one resumes
		}
	}
	helps := fmt.Sprintf("a lower rate (--set train.optimizer.learning_rate=%.2g)", f.rate/10)
	if !slices.ContainsFunc(f.Plan.Layers, func(l builder.Layer) bool { return l.Type == "BatchNormalization" }) {
		helps += ", or batch normalization,"
	}
	if !slices.ContainsFunc(f.Plan.Layers, func(l builder.Layer) bool { return rescales[l.Type] }) {
		helps = "rescaling: 1/255 in front of the layers, since pixels are from 0 to 255, or " + helps
	}
	f.options.Listener.Logf("%s; %s is what usually helps", reason, helps)
}

// moreSteps is what to do about a model at chance if it has not been trained for long; "" if it has.
func (f *fit) moreSteps() string {
	done, enough := len(f.run.Info.Epochs), f.epochsToLearn()
	if done > 0 && f.chance != nil {
		if loss, _ := f.run.Info.Epochs[done-1].Get("loss"); f.chance.diverges(loss) {
			return "" // more of the same would not help
		}
	}
	if done >= enough || f.run.Info.Reason != "" {
		return ""
	}
	return fmt.Sprintf("; it has been trained for %s: --epochs %d makes that %d",
		words.Count(done*f.steps(), "step"), enough, enough*f.steps())
}
