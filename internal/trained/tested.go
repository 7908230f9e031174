package trained

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
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
	right []float32 // the probability of the class that the example is labelled with; 0 where several classes can be true
	all   []float32 // where several classes can be true: the probabilities of all
}

func (r *recorder) Evaluate(images []float32, labels []int) (float32, []float32, error) {
	loss, probabilities, err := r.Predictor.Evaluate(images, labels)
	if err != nil {
		return 0, nil, err
	}
	several := train.Several(r)
	if several {
		r.all = append(r.all, probabilities...)
	}
	for i, label := range labels {
		one := probabilities[i*r.Classes():][:r.Classes()]
		if several {
			r.taken, r.sure, r.right = append(r.taken, -1), append(r.sure, 0), append(r.right, 0)
			continue
		}
		best := metric.ArgMax(one)
		r.taken, r.sure, r.right = append(r.taken, best), append(r.sure, one[best]), append(r.right, one[label])
	}
	return loss, probabilities, nil
}

// Test evaluates m, shown as name, example by example.
func (m *Model) Test(ctx context.Context, name string, on On) (*Tested, error) {
	return m.run(ctx, name, m.Predictor(), on)
}

// Confusion draws the confusion matrix, or that of each class where several can be true.
func (d *Tested) Confusion() *plot.Picture { return experiment.Confusion(d.sets.Classes, d.result) }

// Classes draws the recall and precision of each class.
func (d *Tested) Classes() *plot.Picture {
	var classes []plot.Class
	for i, c := range d.result.Classes() {
		classes = append(classes, plot.Class{Name: d.sets.Classes[i], Recall: c.Recall, Precision: c.Precision})
	}
	return plot.Classes(classes)
}

// A mistaken is a pair of a true and a predicted class. Where several classes can be true,
// they are one class, which was missed, or wrongly predicted.
type mistaken struct {
	class, taken int
	missed       bool            // of the same class
	examples     []mistakenImage // sorted by the model's confidence
}

// A mistakenImage is example k, and how sure the model was of its mistake.
type mistakenImage struct {
	k    int
	sure float32
}

// The size of the picture of mistakes.
const mistakenPairs, mistakenImages = 10, 8

// Confused returns examples of the most frequent confusions, those with the highest
// confidence first.
func (d *Tested) Confused() (*plot.Sheet, error) {
	sheet := &plot.Sheet{Title: "most often confused"}
	pairs := d.mistakes()
	for _, p := range pairs[:min(mistakenPairs, len(pairs))] {
		class, taken := d.names(p)
		row := plot.SheetRow{Label: []string{class + " taken for", taken + ": " + words.Commas(len(p.examples))}}
		for _, one := range p.examples[:min(mistakenImages, len(p.examples))] {
			img, err := ExampleImage(d.examples, one.k, d.sets.Shape)
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

// half is the probability above which a decision is yes.
const half = 0.5

// names returns what the images of p are, and what they were taken for.
func (d *Tested) names(p mistaken) (class, taken string) {
	class, taken = d.sets.Classes[p.class], d.sets.Classes[p.taken]
	switch {
	case p.class != p.taken:
	case p.missed:
		taken = "not " + taken
	default:
		class = "not " + class
	}
	return class, taken
}

// wrong yields the mistakes about example k, the probability of the predicted class, and that of
// the true class.
func (d *Tested) wrong(k int, yield func(m mistaken, sure, right float32)) {
	label := d.examples.Label(k)
	if d.all == nil {
		if label != d.taken[k] {
			yield(mistaken{class: label, taken: d.taken[k]}, d.sure[k], d.right[k])
		}
		return
	}
	classes := d.recorder.Classes()
	for c, is := range d.Truth(label) {
		switch p := d.all[k*classes+c]; {
		case is && p <= half:
			yield(mistaken{class: c, taken: c, missed: true}, 1-p, p)
		case !is && p > half:
			yield(mistaken{class: c, taken: c}, p, 1-p)
		}
	}
}

// mistakes returns the pairs of confused classes, the most frequent first.
func (d *Tested) mistakes() []mistaken {
	type key struct {
		class, taken int
		missed       bool
	}
	found := map[key]*mistaken{}
	for k := range d.taken {
		d.wrong(k, func(m mistaken, sure, _ float32) {
			pair := key{m.class, m.taken, m.missed}
			if found[pair] == nil {
				found[pair] = &m
			}
			found[pair].examples = append(found[pair].examples, mistakenImage{k, sure})
		})
	}
	var all []mistaken
	for _, p := range found {
		slices.SortStableFunc(p.examples, func(a, b mistakenImage) int { return cmp.Compare(b.sure, a.sure) })
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b mistaken) int {
		by := cmp.Or(len(b.examples)-len(a.examples), a.class-b.class, a.taken-b.taken)
		if by == 0 && a.missed != b.missed {
			if by = 1; a.missed {
				by = -1
			}
		}
		return by
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
