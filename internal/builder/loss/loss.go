// Package loss holds what training makes small, one file each.
package loss

import (
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// A Loss measures how far predictions are from the targets.
type Loss interface {
	// Build adds the loss to the graph: a scalar, the mean over the batch, from
	// the model's output y and the targets, both [N, classes]. It is linear in the
	// targets.
	Build(y, target *G.Node) *G.Node
	// Probabilities reports whether y must hold probabilities.
	Probabilities() bool
	// Targets returns the target of the right one of some classes, and that of each
	// of the others.
	Targets(classes int) (right, other float32)
}

// Losses is every loss a spec may name.
var Losses = catalog.New[Loss]("loss")
