package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name:  "softmax",
	Keras: "Softmax",
	Doc: `Turns scores into probabilities: exp(x) over its sum along the last axis.

As the last step of a model with categorical_crossentropy, loss and gradient are
computed from the scores themselves, which is exact where probabilities round to 0 or 1.`,
}, ops.Softmax)
