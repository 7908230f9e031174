// Package loss holds the losses that training minimizes, one file each.
package loss

import (
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// A Loss measures the difference between predictions and targets.
type Loss interface {
	// Build adds the loss to the graph: a scalar, the mean over the batch, from
	// the model's output y and the targets, both [N, classes]. It is linear in the
	// targets.
	Build(y, target *G.Node) *G.Node
	// Probabilities reports whether y must be probabilities.
	Probabilities() bool
	// Targets returns the target value of the true class, and that of each other class.
	Targets(classes int) (right, other float32)
}

// Losses is the catalog of losses that a spec can name.
var Losses = catalog.New[Loss]("loss")
