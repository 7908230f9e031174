package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "mix_up",
	Keras:   "MixUp",
	Example: "mix_up: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Mixes each image, and its label, with another image of the batch (Zhang et al. 2018, mixup).

The result is w times the image and 1 - w times the other, w drawn for each image in each
training step from the beta distribution with both parameters alpha. Metrics count the label
with the larger part. It must be in front of all layers with weights. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &mixUp{alpha: 0.2}
		o.Bind(&l.alpha, "alpha", "parameter of the distribution of w: small ones mix few images much, 1 is the uniform distribution").Above(0)
		l.draw = func(r random.Stream, n, height, width int) (box, float64) {
			return box{0, float32(height), 0, float32(width)}, r.Beta(uint64(n), l.alpha)
		}
		return l
	},
})

type mixUp struct {
	mixing
	alpha float64
}
