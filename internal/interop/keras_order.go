package interop

import (
	"cmp"
	"slices"

	"cnntrain/internal/spec"
)

// kerasOrder returns the indices of layers in the order in which a functional model of Keras
// holds them, and numbers their weights: by their distance from the output, farthest first,
// and at equal distance in the order of traversal from the output (map_graph in
// keras/src/ops/function.py). inputs has the layers that each layer reads; the last layer is
// the output.
func kerasOrder(inputs [][]int) []int {
	n := len(inputs)
	met, depth := make([]int, n), make([]int, n)
	for i := range met {
		met[i] = n
	}
	count := 0
	var visit func(i int)
	visit = func(i int) {
		if i == spec.Images || met[i] < n {
			return
		}
		met[i] = count
		count++
		for _, in := range inputs[i] {
			visit(in)
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	visit(n - 1)
	for i := n - 1; i >= 0; i-- { // layers come after their inputs
		for _, in := range inputs[i] {
			if in != spec.Images {
				depth[in] = max(depth[in], depth[i]+1)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(depth[b], depth[a]), cmp.Compare(met[a], met[b]))
	})
	return order
}

// inKerasOrder returns the model with its layers in Keras's order.
func (m *Model) inKerasOrder() *Model {
	sorted := *m
	sorted.Layers = slices.Clone(m.Layers)
	trained := 0
	for i := range sorted.Layers {
		l := &sorted.Layers[i]
		l.Inputs, l.trained = m.inputs(i), trained
		for _, own := range l.Own {
			if own.Trainable {
				trained++
			}
		}
	}
	if m.isChain() {
		return &sorted
	}
	var inputs [][]int
	for _, l := range sorted.Layers {
		inputs = append(inputs, l.Inputs)
	}
	order := kerasOrder(inputs)
	layers := make([]Layer, len(order))
	for to, from := range order {
		layers[to] = sorted.Layers[from]
	}
	for i := range layers {
		layers[i].Inputs = moved(layers[i].Inputs, order)
	}
	sorted.Layers = layers
	return &sorted
}

// moved maps indices of layers to their indices in a new order.
func moved(indices, order []int) (to []int) {
	for _, i := range indices {
		if i != spec.Images {
			i = slices.Index(order, i)
		}
		to = append(to, i)
	}
	return to
}
