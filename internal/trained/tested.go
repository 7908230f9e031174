package trained

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/plot"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/words"
)

// A Tested holds the prediction of a trained model for each example of a split.
type Tested struct {
	recorder
	*examined
	result *train.Result
}

// A recorder is a model that records its predictions during evaluation.
type recorder struct {
	train.Predictor
	taken []int     // the predicted class
	sure  []float32 // its probability
	right []float32 // the probability of the class that the example is labelled with
}

func (r *recorder) Evaluate(images []float32, labels []int) (float32, []float32, error) {
	loss, probabilities, err := r.Predictor.Evaluate(images, labels)
	for i, label := range labels {
		one := probabilities[i*r.Classes():][:r.Classes()]
		best := metric.ArgMax(one)
		r.taken, r.sure, r.right = append(r.taken, best), append(r.sure, one[best]), append(r.right, one[label])
	}
	return loss, probabilities, err
}

// Test evaluates m, shown as name, example by example.
func (m *Model) Test(ctx context.Context, name string, on On) (*Tested, error) {
	return m.run(ctx, name, m.Net, on)
}

// Confusion draws the confusion matrix.
func (d *Tested) Confusion() *plot.Picture { return plot.Confusion(d.sets.Classes, d.result.Confusion) }

// Classes draws the recall and precision of each class.
func (d *Tested) Classes() *plot.Picture {
	var classes []plot.Class
	for i, c := range d.result.Classes() {
		classes = append(classes, plot.Class{Name: d.sets.Classes[i], Recall: c.Recall, Precision: c.Precision})
	}
	return plot.Classes(classes)
}

// A mistaken is a pair of a true and a predicted class.
type mistaken struct {
	class, taken int
	examples     []int // sorted by the model's confidence
}

// The size of the picture of mistakes.
const mistakenPairs, mistakenImages = 10, 8

// Confused returns examples of the most frequent confusions, those with the highest
// confidence first.
func (d *Tested) Confused() (*plot.Sheet, error) {
	sheet := &plot.Sheet{Title: "most often confused"}
	pairs := d.mistakes()
	for _, p := range pairs[:min(mistakenPairs, len(pairs))] {
		row := plot.SheetRow{Label: []string{d.sets.Classes[p.class] + " taken for", d.sets.Classes[p.taken] + ": " + words.Commas(len(p.examples))}}
		for _, k := range p.examples[:min(mistakenImages, len(p.examples))] {
			img, err := ExampleImage(d.examples, k, d.sets.Shape)
			if err != nil {
				return nil, err
			}
			row.Images = append(row.Images, img)
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	if len(pairs) == 0 {
		sheet.Title = "nothing was confused"
	}
	return sheet, nil
}

// mistakes returns the pairs of confused classes, the most frequent first.
func (d *Tested) mistakes() []mistaken {
	found := map[[2]int]*mistaken{}
	for k, taken := range d.taken {
		if class := d.examples.Label(k); class != taken {
			pair := [2]int{class, taken}
			if found[pair] == nil {
				found[pair] = &mistaken{class: class, taken: taken}
			}
			found[pair].examples = append(found[pair].examples, k)
		}
	}
	var all []mistaken
	for _, p := range found {
		slices.SortStableFunc(p.examples, func(a, b int) int { return cmp.Compare(d.sure[b], d.sure[a]) })
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b mistaken) int {
		return cmp.Or(len(b.examples)-len(a.examples), a.class-b.class, a.taken-b.taken)
	})
	return all
}

// MostSurest is the number of mistakes that are shown as images.
const MostSurest = 20

// Surest has the misclassified images of which the model was most confident, with their files.
func (d *Tested) Surest() (*plot.Sheet, error) {
	all := d.Mistakes()
	sheet := &plot.Sheet{Title: fmt.Sprintf("most confident mistakes, %d of %s", min(MostSurest, len(all)), words.Commas(len(all)))}
	if len(all) == 0 {
		sheet.Title = "no mistakes"
	}
	for _, m := range all[:min(MostSurest, len(all))] {
		img, err := d.Image(m)
		if err != nil {
			return nil, err
		}
		sheet.Rows = append(sheet.Rows, plot.SheetRow{
			Label:  []string{plot.LastPart(m.File), m.Class + " taken for", fmt.Sprintf("%s, %.1f%%", m.Predicted, 100*m.Probability)},
			Images: []image.Image{img},
		})
	}
	return sheet, nil
}

// ExampleImage reads example k, of the shape [H W C].
func ExampleImage(ex dataset.Examples, k int, shape []int) (image.Image, error) {
	pixels := make([]float32, shape[0]*shape[1]*shape[2])
	if err := ex.Image(pixels, k); err != nil {
		return nil, err
	}
	return plot.Image(pixels, shape[0], shape[1], shape[2], 0, 255), nil
}
