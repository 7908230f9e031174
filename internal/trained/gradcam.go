package trained

import (
	"fmt"
	"image"
	"slices"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/plot"
	"cnntrain/internal/spec"
)

// gradcamSize is the size of an image in the picture, in points.
const gradcamSize = 256

// GradCAM draws where in an image file m finds evidence for a class, by default (an empty name)
// the predicted one: the image, and the image overlaid with [builder.Heat].
func (m *Model) GradCAM(file, class, layer string) (*plot.Picture, error) {
	shape := m.Spec.Input
	pixels := make([]float32, shape[0]*shape[1]*shape[2])
	if err := dataset.ReadImage(m.Data.Dataset, pixels, shape, file); err != nil {
		return nil, err
	}
	_, probabilities, err := m.Net.Evaluate(pixels, []int{-1})
	if err != nil {
		return nil, err
	}
	names := m.ClassNames()
	if class == "" {
		class = likely(names, probabilities, 1)[0].Name
	}
	at := slices.IndexFunc(names, func(name string) bool { return sameName(name, class) })
	if at < 0 {
		return nil, fmt.Errorf("%s does not know a class %q%s", m.File, class, spec.Hint(class, names))
	}
	probability := probabilities[at]
	heat, err := m.Net.GradCAM(pixels, at, layer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.File, err)
	}
	seen := plot.Image(pixels, shape[0], shape[1], shape[2], 0, 255)
	return plot.Contact(&plot.Sheet{
		Title:   fmt.Sprintf("%s: %s, %.1f%%", plot.LastPart(file), names[at], 100*probability),
		Columns: []string{"as the model sees it", "evidence at " + heat.Layer},
		Size:    gradcamSize,
		Rows:    []plot.SheetRow{{Images: []image.Image{seen, plot.Over(seen, heat.Values, heat.H, heat.W)}}},
	}), nil
}
