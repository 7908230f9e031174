// Package loss holds the losses that training minimizes, one file each.
package loss

import (
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// A Loss measures the difference between predictions and targets.
type Loss interface {
	// Build adds the loss to the graph: a scalar, the mean over the batch, from
	// the model's output y [N, outputs] and the targets. It is linear in the targets.
	Build(y, target *G.Node) *G.Node
	// Output returns the activation that the model has to end in. With softmax, the
	// outputs are the probabilities of classes that exclude each other, and the targets
	// [N, outputs] too. With sigmoid, each output is a decision of its own; the targets
	// [N, 2*outputs] are first the probability that each is true, then that it is false.
	Output() string
	// Mixes reports whether the loss in Keras, too, is linear in targets between 0 and 1, as layers
	// that mix labels make them.
	Mixes() bool
	// Targets returns the target value of the true class, and that of each other class.
	// A decision has two classes.
	Targets(classes int) (right, other float32)
}

// Losses is the catalog of losses that a spec can name.
var Losses = catalog.New[Loss]("loss")
