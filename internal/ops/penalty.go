package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// AddPenalty is loss + l1·Σ|w| + l2·Σw². It has no gradient: that of w is computed from the
// loss's by [AddPenaltyGrad], in one pass and without a sum that Gorgonia would allocate in
// each step.
func AddPenalty(loss, w *G.Node, l1, l2 float64) *G.Node {
	return apply(op{
		name: "add_penalty",
		out:  tensor.ScalarShape(),
		run:  func(out []float32, in ...[]float32) { kernels.AddPenalty(out, in[1], in[0][0], l1, l2) },
	}, loss, w)
}

// AddPenaltyGrad is grad + l1·sign(w) + 2·l2·w.
func AddPenaltyGrad(grad, w *G.Node, l1, l2 float64) *G.Node {
	return apply(op{
		name: "add_penalty_grad",
		out:  w.Shape(),
		run:  func(out []float32, in ...[]float32) { kernels.AddPenaltyGrad(out, in[0], in[1], l1, l2) },
	}, grad, w)
}
