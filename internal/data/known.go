package data

import (
	"fmt"
	"slices"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/words"

	"golang.org/x/text/unicode/norm"
)

// Known returns the examples of d with the labels of a model that knows classes, by the names
// of the classes as Unicode composes them. Of some of these there may be none; it is an error
// if d has one that the model does not know.
func Known(d *dataset.Data, classes []string) (*Sets, error) {
	labels := make([]int, len(d.Classes))
	var unknown []string
	for i, name := range d.Classes {
		labels[i] = slices.IndexFunc(classes, func(c string) bool { return norm.NFC.String(c) == norm.NFC.String(name) })
		if labels[i] < 0 {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	if n := len(unknown); n > 0 {
		return nil, fmt.Errorf("the model does not know %s; its classes are %s", words.Few(unknown, mostNamed), words.Few(quoted(classes), mostNamed))
	}
	s := &Sets{Classes: classes, Shape: d.Shape, Dir: d.Dir, Digest: d.Digest, Skipped: d.Skipped, Warnings: d.Warnings}
	if d.Labels != nil {
		for _, set := range d.Labels {
			known := []int{}
			for _, c := range set {
				known = append(known, labels[c])
			}
			s.Labels = append(s.Labels, known)
		}
		s.Train, s.Val, s.Test = d.Train, d.Val, d.Test
		return s, nil
	}
	known := func(ex dataset.Examples) dataset.Examples {
		if ex == nil || ex.Len() == 0 {
			return nil
		}
		return relabeled{ex, labels}
	}
	s.Train, s.Val, s.Test = known(d.Train), known(d.Val), known(d.Test)
	return s, nil
}

func quoted(names []string) (all []string) {
	for _, n := range names {
		all = append(all, fmt.Sprintf("%q", n))
	}
	return all
}

// relabeled maps the labels of examples.
type relabeled struct {
	dataset.Examples
	labels []int
}

func (r relabeled) Label(i int) int { return r.labels[r.Examples.Label(i)] }
