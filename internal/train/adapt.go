package train

import (
	"context"

	"cnntrain/internal/data"
)

// An Adapter is a model with layers that depend on statistics of the training data.
type Adapter interface {
	Adapts() bool
	Adapt(batches func(use func(images []float32, n int) error) error) error
}

// Adapt sets the statistics that layers of m take from the training data, before the first step,
// from its batches in the order of the data. It does nothing if m has no such layer.
func Adapt(ctx context.Context, m Adapter, sets *data.Sets, batch int) error {
	if !m.Adapts() {
		return nil
	}
	return m.Adapt(func(use func(images []float32, n int) error) error {
		for b, err := range data.NewLoader(sets.Train, sets.Pixels(), batch).Batches(ctx, nil, 0) {
			if err != nil {
				return err
			}
			if err := use(b.X, b.N); err != nil {
				return err
			}
		}
		return nil
	})
}
