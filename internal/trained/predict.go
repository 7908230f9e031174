package trained

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train"
)

// A Prediction is the result for one image.
type Prediction struct {
	Image   string        `json:"image"`
	Classes []LikelyClass `json:"classes"` // sorted by probability
	// Labels are the classes more probable than not, where several can be true; nil otherwise.
	Labels []string `json:"labels,omitzero"`
	Error  string   `json:"error,omitempty"`
	// Refused says that the file is missing or may not be read, not that it is no image.
	Refused bool `json:"-"`
}

// A LikelyClass is a class with its probability.
type LikelyClass struct {
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

// Predict returns the top most likely classes of each image, as predicted by p, which is
// m.Net or an ensemble with m as a member. Files are read concurrently, and resized in the
// same way as the training images. A file that is missing, may not be read or cannot be decoded has an
// error in its Prediction; any other error of the operating system aborts.
func (m *Model) Predict(ctx context.Context, p train.Predictor, files []string, top int) ([]Prediction, error) {
	return m.predict(ctx, p, files, top, func(dst []float32, i int) error {
		return dataset.ReadImage(m.Data.Dataset, dst, m.Spec.Input, files[i])
	})
}

// PredictContent is Predict for the content of an image file, shown as name.
func (m *Model) PredictContent(ctx context.Context, p train.Predictor, name string, content []byte, top int) ([]Prediction, error) {
	return m.predict(ctx, p, []string{name}, top, func(dst []float32, _ int) error {
		return dataset.DecodeImage(m.Data.Dataset, dst, m.Spec.Input, name, content)
	})
}

// predict predicts the images that read reads, concurrently.
func (m *Model) predict(ctx context.Context, p train.Predictor, files []string, top int, read func(dst []float32, i int) error) ([]Prediction, error) {
	shape, classes := m.Spec.Input, m.ClassNames()
	size := shape[0] * shape[1] * shape[2]
	pixels := make([]float32, len(files)*size)
	predictions := make([]Prediction, len(files))
	faults := make([]error, len(files))
	var readers sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		readers.Go(func() {
			for i := range next {
				faults[i] = read(pixels[i*size:][:size], i)
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	readers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, err := range faults {
		predictions[i].Image = files[i]
		switch {
		case dataset.Refused(err) && !errors.Is(err, fs.ErrPermission):
			return nil, err
		case err != nil:
			predictions[i].Error = err.Error()
			predictions[i].Refused = errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)
		}
	}
	labels := slices.Repeat([]int{-1}, len(files)) // unknown
	_, probabilities, err := p.Evaluate(pixels, labels)
	if err != nil {
		return nil, err
	}
	for i := range predictions {
		if predictions[i].Error == "" {
			one := probabilities[i*len(classes):][:len(classes)]
			predictions[i].Classes = likely(classes, one, top)
			if train.Several(p) {
				predictions[i].Labels = labelsOf(classes, one)
			}
		}
	}
	return predictions, nil
}

// labelsOf returns the classes more probable than not, not nil.
func labelsOf(classes []string, probabilities []float32) []string {
	labels := []string{}
	for c, p := range probabilities {
		if p > half {
			labels = append(labels, classes[c])
		}
	}
	return labels
}

// likely returns the top most likely classes.
func likely(classes []string, probabilities []float32, top int) []LikelyClass {
	all := make([]LikelyClass, len(classes))
	for c, name := range classes {
		all[c] = LikelyClass{name, float64(probabilities[c])}
	}
	slices.SortStableFunc(all, func(a, b LikelyClass) int { return cmp.Compare(b.Probability, a.Probability) })
	return all[:min(top, len(all))]
}
