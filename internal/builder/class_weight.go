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

// balanced is the value of class_weight that gives all classes the same total weight.
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

// WeighClasses resolves class_weight for classes with the given names. examples has the
// number of training examples of each class; if it is nil, balanced weights stay unknown.
// Before the call, all classes have weight 1.
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

// weighs reports whether class_weight is given.
func (p *Plan) weighs() bool { return p.classWeight.Word != "" || len(p.classWeight.List) > 0 }

// ClassWeights returns the weight of each class in training; nil if all are 1.
func (p *Plan) ClassWeights() []float32 { return p.weights }

// balance gives each class the same total weight, and examples the mean weight 1.
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

// weigh resolves a list of weights, or a mapping from names to weights.
func weigh(list []catalog.Number, names []string) ([]float32, error) {
	if list[0].Name == "" && len(list) != len(names) {
		return nil, fmt.Errorf("class_weight lists %d weights for %d classes", len(list), len(names))
	}
	weights := make([]float32, len(names))
	keys := make([]string, len(names)) // the key that set each class's weight
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

// classOf finds a class by its name, or by its index unless names of classes are numbers.
func classOf(key string, names []string) (int, error) {
	if i := slices.Index(names, norm.NFC.String(key)); i >= 0 {
		return i, nil
	}
	numbers := slices.ContainsFunc(names, func(n string) bool { _, err := strconv.Atoi(n); return err == nil })
	n, err := strconv.Atoi(key)
	switch {
	case err == nil && numbers: // every number is near another
		return 0, fmt.Errorf("class_weight: no class is called %q; a number is a name here, as in %q", key, names[0])
	case err == nil && n >= 0 && n < len(names):
		return n, nil
	}
	return 0, fmt.Errorf("class_weight: no class %q%s", key, spec.Hint(key, names))
}
