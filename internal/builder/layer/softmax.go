package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name:  "softmax",
	Keras: "Softmax",
	Doc: `Converts logits to probabilities: exp(x) divided by its sum along the last axis.

If it is the last layer and the loss is categorical_crossentropy, loss and gradient are
computed from the logits themselves, which is exact where probabilities round to 0 or 1.`,
}, ops.Softmax)
