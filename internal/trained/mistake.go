package trained

import (
	"cmp"
	"image"
	"math"
	"slices"
	"strconv"

	"cnntrain/internal/data"
)

// A Mistake is an example that a model misclassifies. With several labels it is a wrong decision
// about one class: cat predicted as "not cat".
type Mistake struct {
	File        string  `json:"file"` // relative to the folder of the dataset; position in the split, from 0, if it is not a file
	Class       string  `json:"class"`
	Predicted   string  `json:"predicted"`
	Probability float64 `json:"probability"`       // of the predicted class
	Labelled    float64 `json:"label_probability"` // of the class that it is labelled with
	Loss        float64 `json:"loss"`              // -log of that, at most that of the smallest float32

	example int
}

// Mistakes returns the misclassified examples, the most confident predictions first.
func (d *Tested) Mistakes() []Mistake {
	var all []Mistake
	for k := range d.taken {
		d.wrong(k, func(w mistaken, sure, right float32) {
			m := Mistake{File: strconv.Itoa(k), Probability: float64(sure), Labelled: float64(right), example: k}
			m.Class, m.Predicted = d.names(w)
			m.Loss = -math.Log(max(m.Labelled, math.SmallestNonzeroFloat32))
			if f, ok := data.FileOf(d.examples, k); ok {
				m.File = f.Name
			}
			all = append(all, m)
		})
	}
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Compare(b.Probability, a.Probability) })
	return all
}

// Image reads the example of a mistake.
func (d *Tested) Image(m Mistake) (image.Image, error) {
	return ExampleImage(d.examples, m.example, d.sets.Shape)
}

// Suspects sorts mistakes of several models, each on examples it was not trained on, so that
// those come first whose labels are most likely wrong: those with the highest loss.
func Suspects(mistakes []Mistake) []Mistake {
	all := slices.Clone(mistakes)
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Compare(b.Loss, a.Loss) })
	return all
}
