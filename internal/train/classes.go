package train

import "math"

// A ClassResult holds the metrics of one class. A metric whose denominator is zero is NaN.
type ClassResult struct {
	Examples  int
	Predicted int // number of examples predicted as the class
	Correct   int
	Recall    float64 // recall
	Precision float64 // precision
	F1        float64 // their harmonic mean
}

// Classes returns the metrics of each class.
func (r *Result) Classes() []ClassResult {
	classes := make([]ClassResult, len(r.Confusion))
	for i, row := range r.Confusion {
		c := &classes[i]
		c.Correct = row[i]
		for j, n := range row {
			c.Examples += n
			c.Predicted += r.Confusion[j][i]
		}
	}
	for _, d := range r.Decisions {
		classes = append(classes, ClassResult{Examples: d.Found + d.Missed, Predicted: d.Found + d.False, Correct: d.Found})
	}
	for i := range classes {
		c := &classes[i]
		c.Recall, c.Precision = fraction(c.Correct, c.Examples), fraction(c.Correct, c.Predicted)
		c.F1 = fraction(2*c.Correct, c.Examples+c.Predicted)
	}
	return classes
}

func fraction(part, whole int) float64 { return float64(part) / float64(whole) }

// BalancedAccuracy is the mean recall over the classes that have examples.
func (r *Result) BalancedAccuracy() float64 {
	return r.mean(func(c ClassResult) float64 { return c.Recall })
}

// MacroF1 is the mean F1 over the classes that have examples or predictions.
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

// Accuracy is the fraction of examples that are classified correctly, or of decisions.
func (r *Result) Accuracy() float64 {
	correct := 0
	if n := len(r.Decisions); n > 0 {
		for _, d := range r.Decisions {
			correct += d.Found + d.Absent
		}
		return fraction(correct, n*r.Examples)
	}
	for i, row := range r.Confusion {
		correct += row[i]
	}
	return fraction(correct, r.Examples)
}

// Largest returns the class with the most examples, and the accuracy of always predicting
// it. Where several classes can be true, the accuracy is that of always deciding about each
// class what is more often true.
func (r *Result) Largest() (class int, accuracy float64) {
	classes := r.Classes()
	if n := len(r.Decisions); n > 0 {
		correct := 0
		for _, c := range classes {
			correct += max(c.Examples, r.Examples-c.Examples)
		}
		return -1, fraction(correct, n*r.Examples)
	}
	for i, c := range classes {
		if c.Examples > classes[class].Examples {
			class = i
		}
	}
	return class, fraction(classes[class].Examples, r.Examples)
}
