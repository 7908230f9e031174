package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "cut_mix",
	Keras:   "CutMix",
	Example: "cut_mix: [0.5, 1]",
	Input:   []int{4, 3, 2},
	Doc: `Replaces a rectangle of each image by that of another image of the batch, and as much of its label (Yun et al. 2019, CutMix).

The area that is left is drawn for each image in each training step, from the beta
distribution with both parameters drawn from factor. Metrics count the label with the larger
part. It must be in front of all layers with weights. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &cutMix{factor: catalog.Range{1}}
		o.Bind(&l.factor, "factor", "bounds of the parameters of the distribution, drawn for each batch; one number f is from 0 to f").Min(0).Max(1)
		l.draw = l.cut
		return l
	},
})

type cutMix struct {
	mixing
	factor catalog.Range
}

// cut draws the rectangle of image n, all of which is replaced.
func (l *cutMix) cut(r random.Stream, n, height, width int) (box, float64) {
	low, high := upTo(l.factor)
	alpha := uniform(r, 0, low, high) + 1e-6 // of the batch
	one := r.With(uint64(n))
	ratio := math.Sqrt(1 - one.Beta(0, alpha))
	side := func(i, length int) (from, to float32) {
		part := float64(ratio * float64(length))
		at := float64(uniform(one, i, 0, 1) * (float64(length) - part))
		return float32(at), float32(at + part)
	}
	var b box
	b.left, b.right = side(0, width)
	b.top, b.bottom = side(1, height)
	return b, 0
}
