package experiment

import (
	"fmt"
	"math"

	"cnntrain/internal/runs"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// judge adds metrics to the test results that are not dominated by a large class, and warns
// if the model is no better than always predicting that class.
func (f *fit) judge(r *train.Result) {
	info := &f.run.Info
	add := func(name string, v float64) {
		if _, ok := info.Test.Get(name); !ok && !math.IsNaN(v) {
			info.Test = append(info.Test, runs.Figure{Name: name, Value: v})
		}
	}
	if r.Confusion != nil {
		add("balanced_accuracy", r.BalancedAccuracy())
	}
	add("macro_f1", r.MacroF1())
	class, alone := r.Largest()
	info.Largest = alone
	switch {
	case r.Accuracy() > alone:
	case r.Confusion == nil:
		f.options.Listener.Logf("on the test images the model is no better than deciding about each class what is more often true, which would reach %.3f%s", alone, f.moreSteps())
	default:
		f.options.Listener.Logf("on the test images the model is no better than taking every image for %s, which would reach %.3f%s", f.sets.Classes[class], alone, f.moreSteps())
	}
}

// mostWeights is the number of class weights that are shown.
const mostWeights = 10

// sayWeights reports the weights of the classes by name.
func (f *fit) sayWeights() {
	weights := f.Plan.ClassWeights()
	if weights == nil {
		return
	}
	var said []string
	for c, w := range weights {
		said = append(said, fmt.Sprintf("%s %.4g", f.sets.Classes[c], w))
	}
	f.options.Listener.Logf("class weights: %s", words.Few(said, mostWeights))
}
