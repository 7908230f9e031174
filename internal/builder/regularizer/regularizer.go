// Package regularizer holds penalties on large weights, one file each.
package regularizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

// A Regularizer adds a penalty on a weight to the loss, in training and evaluation.
type Regularizer interface {
	// Loss returns the loss plus the penalty on w.
	Loss(loss, w *G.Node) *G.Node
	// Grad returns the gradient of Loss's result for w, given that of the loss.
	Grad(grad, w *G.Node) *G.Node
}

// Regularizers is the catalog of regularizers that a spec can name.
var Regularizers = newRegularizers()

func newRegularizers() *catalog.Catalog[Regularizer] {
	c := catalog.New[Regularizer]("regularizer")
	c.Together = "l1_l2"
	return c
}

// penalty is the regularizer l1·Σ|w| + l2·Σw².
type penalty struct{ l1, l2 float64 }

func (p *penalty) Loss(loss, w *G.Node) *G.Node { return ops.AddPenalty(loss, w, p.l1, p.l2) }
func (p *penalty) Grad(grad, w *G.Node) *G.Node { return ops.AddPenaltyGrad(grad, w, p.l1, p.l2) }
