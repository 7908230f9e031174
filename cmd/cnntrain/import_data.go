package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/interop"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/words"
)

// noImages is the dataset of a run of which only the classes are known: the place where
// eval looks for images.
const noImages = "./images"

// data returns the images of the dataset, nil if they are not available.
func (o *importOptions) data(ctx context.Context, e *experiment.Experiment, s *streams) (*data.Sets, error) {
	if o.dataset == "" {
		return nil, nil
	}
	src := source(o.dataDir, false, s)
	src.Offline = true
	sets, err := e.LoadData(ctx, src)
	var invalid spec.Invalid
	switch {
	case errors.As(err, &invalid), ctx.Err() != nil:
		return nil, err
	case err != nil && o.classes == nil && e.Data.Dataset.Classes() == nil:
		s.logf("the names of the classes are not known, since its images are not here (%v); give them with --classes, or they are 0, 1, …", err)
	}
	return sets, nil
}

// classNames returns the names of the classes, nil if unknown.
func (o *importOptions) classNames(e *experiment.Experiment, sets *data.Sets) ([]string, error) {
	known := e.Data.Dataset.Classes()
	if sets != nil {
		known = sets.Classes
	}
	if o.classes == nil {
		return known, nil
	}
	flag := "--classes " + strings.Join(o.classes, ",")
	var names []string
	for _, name := range o.classes {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(names, name) {
			return nil, usagef("%s: %q is empty or there twice", flag, name)
		}
		names = append(names, name)
	}
	if n := e.Plan.Classes(); len(names) != n {
		return nil, usagef("%s: %s for a model of %s", flag, words.Count(len(names), "name"), words.Count(n, "output"))
	}
	if known != nil && !slices.Equal(known, names) {
		return nil, usagef("%s: the classes of %s are %s, in this order; leave --classes out, or name the folders as the model has its classes", flag, o.dataset, strings.Join(known, ","))
	}
	return names, nil
}

// tryRescaling reports that the model gets pixels without rescaling, and, if its images are
// available, evaluates it on some of them with and without rescaling.
func (o *importOptions) tryRescaling(ctx context.Context, k *interop.KerasFile, e *experiment.Experiment, model *builder.Model, sets *data.Sets, s *streams) error {
	const scale = "1/255"
	s.logf("%s: has no rescaling in front, so it gets pixels from 0 to 255; if its pixels were divided by 255 outside of it in Keras, import it with --rescaling %s", o.file, scale)
	if sets == nil {
		return nil
	}
	some, split := fewExamples(sets, 500)
	measure := func(e *experiment.Experiment, m *builder.Model) (*train.Result, error) {
		return train.Evaluate(ctx, m, some, sets.Pixels(), e.Train.BatchSize, []metric.Metric{metric.Metrics.Default("accuracy")})
	}
	plain, err := measure(e, model)
	if err != nil {
		return err
	}
	if err := k.Rescale(scale); err != nil {
		return err
	}
	e, model, err = o.build(k)
	if err != nil { // the model itself can be built, so a layer of it says what its images are
		s.logf("  a value_range in it says that as it is is right")
		return nil
	}
	if err := e.Plan.SetLabels(sets.Labels); err != nil {
		return err
	}
	scaled, err := measure(e, model)
	if err != nil {
		return err
	}
	s.logf("  on %s: as it is, loss %.2f and accuracy %.2f; with --rescaling %s, loss %.2f and accuracy %.2f: %s",
		words.Count(some.Len(), split+" image"), plain.Loss, plain.Metrics[0], scale, scaled.Loss, scaled.Metrics[0], rightPixels(plain, scaled, e.Plan.Classes()))
	return nil
}

// rightPixels decides which of two results is that of a model with the pixel range it was
// trained with: the one with the better accuracy, by a significant difference, and loss. If
// accuracies do not differ, a loss far above that of guessing decides: a model trained with
// pixels from 0 to 1 produces logits 255 times as large for pixels from 0 to 255.
func rightPixels(plain, scaled *train.Result, classes int) string {
	const asItIs, rescaled = "as it is looks right", "--rescaling looks right"
	better := plain.Metrics[0] - scaled.Metrics[0]
	p := (plain.Metrics[0] + scaled.Metrics[0]) / 2
	chance := 2 * math.Sqrt(2*p*(1-p)/float64(plain.Examples)) // two standard deviations
	switch {
	case better > chance && plain.Loss < scaled.Loss:
		return asItIs
	case -better > chance && scaled.Loss < plain.Loss:
		return rescaled
	case plain.Loss > 20*math.Log(float64(classes)) && scaled.Loss < plain.Loss/10:
		return rescaled
	}
	return "neither looks right, by so little as the model has learnt"
}

// fewExamples returns at most n evenly spaced test examples, or those of another split if
// there is no test data.
func fewExamples(sets *data.Sets, n int) (some dataset.Examples, split string) {
	for _, of := range []struct {
		split string
		all   dataset.Examples
	}{{"test", sets.Test}, {"validation", sets.Val}, {"training", sets.Train}} {
		if of.all != nil && of.all.Len() > 0 {
			return spread{of.all, min(n, of.all.Len())}, of.split
		}
	}
	return nil, ""
}

// spread is n evenly spaced examples.
type spread struct {
	dataset.Examples
	n int
}

func (s spread) Len() int                         { return s.n }
func (s spread) at(i int) int                     { return i * s.Examples.Len() / s.n }
func (s spread) Label(i int) int                  { return s.Examples.Label(s.at(i)) }
func (s spread) Image(dst []float32, i int) error { return s.Examples.Image(dst, s.at(i)) }
