package builder

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"

	"golang.org/x/text/unicode/norm"
)

// balanced is the word for weights by which all classes count alike.
const balanced = "balanced"

var errNoWeight = errors.New("class_weight: all that is trained on weighs 0, so nothing would be learned")

// weighOptions declares class_weight.
func (p *Plan) weighOptions(o *catalog.Options) {
	o.Bind(&p.classWeight, "class_weight", "how much the loss of an example counts in training, by class: a list; {class: weight} with the class's name, or its number where no class is called by a number, and 1 where not given; or balanced: all examples / (classes x examples of the class)").Min(0).OneOf(balanced)
	o.Check(func() error {
		list := p.classWeight.List
		if len(list) > 0 && list[0].Name == "" && !slices.ContainsFunc(list, func(n catalog.Number) bool { return n.Value > 0 }) {
			return errNoWeight
		}
		return nil
	})
}

// WeighClasses finds the classes, whose names are given, that class_weight is about.
// examples is how many each has to train on; without it, balanced weights are not known
// yet. Until it is called, all weigh alike.
func (p *Plan) WeighClasses(names []string, examples []int) error {
	var weights []float32
	var err error
	switch {
	case p.classWeight.Word == balanced && examples == nil:
		return nil
	case p.classWeight.Word == balanced:
		weights = balance(examples)
	case len(p.classWeight.List) == 0:
		return nil
	default:
		if weights, err = weigh(p.classWeight.List, names); err != nil {
			return err
		}
	}
	total := float32(0)
	for c, w := range weights {
		if examples == nil || examples[c] > 0 {
			total += w
		}
	}
	if total == 0 {
		return errNoWeight
	}
	p.weights = weights
	return nil
}

// ClassWeights returns the weight of each class in training; nil where all weigh alike.
func (p *Plan) ClassWeights() []float32 { return p.weights }

// balance makes each class count as much as any other, and an example 1 on average.
func balance(examples []int) []float32 {
	all := 0
	for _, n := range examples {
		all += n
	}
	weights := make([]float32, len(examples))
	for c, n := range examples {
		if weights[c] = 1; n > 0 {
			weights[c] = float32(float64(all) / float64(len(examples)*n))
		}
	}
	return weights
}

// weigh finds the classes of a list of weights, or of those with names.
func weigh(list []catalog.Number, names []string) ([]float32, error) {
	if list[0].Name == "" && len(list) != len(names) {
		return nil, fmt.Errorf("class_weight lists %d weights for %d classes", len(list), len(names))
	}
	weights := make([]float32, len(names))
	keys := make([]string, len(names)) // that a class was weighed by
	for i := range weights {
		weights[i] = 1
	}
	for i, w := range list {
		if w.Name != "" {
			var err error
			if i, err = classOf(w.Name, names); err != nil {
				return nil, err
			}
			if keys[i] != "" {
				return nil, fmt.Errorf("class_weight: %q and %q are the same class", keys[i], w.Name)
			}
			keys[i] = w.Name
		}
		weights[i] = float32(w.Value)
	}
	return weights, nil
}

// classOf finds a class by its name, or by its number unless classes are called by numbers.
func classOf(key string, names []string) (int, error) {
	if i := slices.Index(names, norm.NFC.String(key)); i >= 0 {
		return i, nil
	}
	numbers := slices.ContainsFunc(names, func(n string) bool { _, err := strconv.Atoi(n); return err == nil })
	n, err := strconv.Atoi(key)
	switch {
	case err == nil && numbers: // each of which is near any other
		return 0, fmt.Errorf("class_weight: no class is called %q; a number is a name here, as in %q", key, names[0])
	case err == nil && n >= 0 && n < len(names):
		return n, nil
	}
	return 0, fmt.Errorf("class_weight: no class %q%s", key, spec.Hint(key, names))
}
