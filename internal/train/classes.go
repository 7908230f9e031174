package train

import "math"

// A ClassResult is what a model reaches on one class. A fraction of nothing is no figure, NaN.
type ClassResult struct {
	Examples  int
	Predicted int // taken for the class
	Correct   int
	Recall    float64 // fraction of the class that was found
	Precision float64 // fraction of what was taken for it that was right
	F1        float64 // their harmonic mean
}

// Classes returns the figures of each class.
func (r *Result) Classes() []ClassResult {
	classes := make([]ClassResult, len(r.Confusion))
	for i, row := range r.Confusion {
		c := &classes[i]
		c.Correct = row[i]
		for j, n := range row {
			c.Examples += n
			c.Predicted += r.Confusion[j][i]
		}
		c.Recall, c.Precision = fraction(c.Correct, c.Examples), fraction(c.Correct, c.Predicted)
		c.F1 = fraction(2*c.Correct, c.Examples+c.Predicted)
	}
	return classes
}

func fraction(part, whole int) float64 { return float64(part) / float64(whole) }

// BalancedAccuracy is the mean recall of the classes that there are examples of.
func (r *Result) BalancedAccuracy() float64 {
	return r.mean(func(c ClassResult) float64 { return c.Recall })
}

// MacroF1 is the mean F1 of the classes that there are examples or predictions of.
func (r *Result) MacroF1() float64 {
	return r.mean(func(c ClassResult) float64 { return c.F1 })
}

func (r *Result) mean(of func(ClassResult) float64) float64 {
	sum, n := 0.0, 0
	for _, c := range r.Classes() {
		if v := of(c); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// Accuracy is the fraction of all examples that are taken for what they are.
func (r *Result) Accuracy() float64 {
	correct := 0
	for i, row := range r.Confusion {
		correct += row[i]
	}
	return fraction(correct, r.Examples)
}

// Largest returns the class with the most examples, and the accuracy of taking every
// example for it.
func (r *Result) Largest() (class int, accuracy float64) {
	classes := r.Classes()
	for i, c := range classes {
		if c.Examples > classes[class].Examples {
			class = i
		}
	}
	return class, fraction(classes[class].Examples, r.Examples)
}
