package experiment

import (
	"fmt"
	"strings"

	"cnntrain/internal/runs"
	"cnntrain/internal/train"
)

// judge adds to the figures of the test what a large class cannot deceive about, and warns
// of a model that is no better than naming that class.
func (f *fit) judge(r *train.Result) {
	info := &f.run.Info
	add := func(name string, v float64) {
		if _, ok := info.Test.Get(name); !ok {
			info.Test = append(info.Test, runs.Figure{Name: name, Value: v})
		}
	}
	add("balanced_accuracy", r.BalancedAccuracy())
	add("macro_f1", r.MacroF1())
	class, alone := r.Largest()
	if info.Largest = alone; r.Accuracy() <= alone {
		f.options.Listener.Logf("the model is no better than taking every image for %s, which would reach %.3f", f.sets.Classes[class], alone)
	}
}

// mostWeights is how many class weights are told.
const mostWeights = 10

// sayWeights tells how much the classes weigh, by name.
func (f *fit) sayWeights() {
	weights := f.Plan.ClassWeights()
	if weights == nil {
		return
	}
	var said []string
	for c, w := range weights[:min(mostWeights, len(weights))] {
		said = append(said, fmt.Sprintf("%s %.4g", f.sets.Classes[c], w))
	}
	if more := len(weights) - mostWeights; more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	f.options.Listener.Logf("class weights: %s", strings.Join(said, ", "))
}
