package builder

import "fmt"

// Separate reports whether each output is a decision of its own, so that several classes,
// or none, can be true of an image. A single output decides between two classes.
func (p *Plan) Separate() bool { return p.Loss != nil && p.Loss.Output() == "sigmoid" }

// Classes returns the number of classes: that of the outputs, or 2 for a single output that
// is the probability of the second class.
func (p *Plan) Classes() int {
	if p.oneForTwo() {
		return 2
	}
	return p.Outputs()
}

// oneForTwo reports whether the only output is the probability of the second of two classes.
func (p *Plan) oneForTwo() bool { return p.Separate() && p.Outputs() == 1 }

// SetLabels says which classes are true of an image with each label. Before the call, and
// with nil, label i means class i alone.
func (p *Plan) SetLabels(sets [][]int) error {
	p.truths = nil
	if sets == nil {
		return nil
	}
	if !p.Separate() || p.oneForTwo() {
		return fmt.Errorf("there are images with several labels or none, and the model tells one class of several; set loss: binary_crossentropy, and units: %d and activation: sigmoid in the last layer", p.Classes())
	}
	for _, classes := range sets {
		truth := make([]bool, p.Classes())
		for _, c := range classes {
			truth[c] = true
		}
		p.truths = append(p.truths, truth)
	}
	return nil
}

// truth returns which classes are true of an image with the given label.
func (p *Plan) truth(label int) ([]bool, error) {
	if p.truths == nil {
		for c := range p.Classes() {
			p.truths = append(p.truths, make([]bool, p.Classes()))
			p.truths[c][c] = true
		}
	}
	if label >= len(p.truths) {
		return nil, fmt.Errorf("class %d, but the model has %d", label, p.Classes())
	}
	return p.truths[label], nil
}

// targets returns the number of target values per example.
func (p *Plan) targets() int {
	if p.Separate() {
		return 2 * p.Outputs()
	}
	return p.Outputs()
}

// addTarget adds to the targets of an example, scaled by its weight: losses are linear in
// the targets.
func (p *Plan) addTarget(target []float32, label int, weight float32) error {
	truth, err := p.truth(label)
	if err != nil {
		return err
	}
	n := p.Outputs()
	truth = truth[len(truth)-n:]
	if !p.Separate() {
		right, other := p.Loss.Targets(n)
		for c, is := range truth {
			if is {
				target[c] += float32(weight * right)
			} else {
				target[c] += float32(weight * other)
			}
		}
		return nil
	}
	right, other := p.Loss.Targets(2)
	for c, is := range truth {
		yes, no := other, right
		if is {
			yes, no = right, other
		}
		target[c] += float32(weight * yes)
		target[n+c] += float32(weight * no)
	}
	return nil
}
