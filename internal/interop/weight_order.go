package interop

import (
	"slices"

	"cnntrain/internal/spec"
)

// weightOrder returns the indices of layers in an order in which files of weights can be compared
// with models: that of execution, and of two branches that are added, such as a block and its
// shortcut, the one with more layers with weights first. Programs differ in which of them they name
// first: keras.applications the shortcut, torchvision the block. inputs has the layers that each
// layer reads; the last layer is the output. weighted and adds say whether a layer has weights and
// whether it adds its inputs.
func weightOrder(inputs [][]int, weighted, adds func(i int) bool) []int {
	depth := make([]int, len(inputs)) // most layers with weights on a way to the output of a layer
	depthOf := func(i int) int {
		if i == spec.Images {
			return 0
		}
		return depth[i]
	}
	for i, in := range inputs { // layers come after their inputs
		for _, j := range in {
			depth[i] = max(depth[i], depthOf(j))
		}
		if weighted(i) {
			depth[i]++
		}
	}
	order := make([]int, 0, len(inputs))
	met := make([]bool, len(inputs))
	var visit func(i int)
	visit = func(i int) {
		if i == spec.Images || met[i] {
			return
		}
		met[i] = true
		in := inputs[i]
		if adds(i) {
			in = slices.Clone(in)
			slices.SortStableFunc(in, func(a, b int) int { return depthOf(b) - depthOf(a) })
		}
		for _, j := range in {
			visit(j)
		}
		order = append(order, i)
	}
	if n := len(inputs); n > 0 {
		visit(n - 1)
	}
	for i := range inputs { // that nothing reads
		visit(i)
	}
	return order
}

// WeightOrder returns the indices of the layers in the order in which the weights of a file are
// compared with theirs.
func (m *Model) WeightOrder() []int {
	inputs := make([][]int, len(m.Layers))
	for i := range m.Layers {
		inputs[i] = m.inputs(i)
	}
	return weightOrder(inputs,
		func(i int) bool { return len(m.Layers[i].Own) > 0 },
		func(i int) bool { return m.Layers[i].Type == "Add" })
}

// weightless lists the classes that are common between convolutions and have no weights.
var weightless = []string{"InputLayer", "Activation", "ReLU", "Dropout", "ZeroPadding2D", "Add", "Concatenate", "Multiply",
	"GlobalAveragePooling2D", "MaxPooling2D", "AveragePooling2D", "Reshape", "Flatten", "Rescaling", "TFOpLambda"}

// weightOrder returns the layers of a chain in the same order.
func (c *chain) weightOrder() (layers []kerasLayer) {
	inputs := make([][]int, len(c.layers))
	for i, l := range c.layers {
		inputs[i] = l.inputs
	}
	order := weightOrder(inputs,
		func(i int) bool { return !slices.Contains(weightless, c.layers[i].class) },
		func(i int) bool { return c.layers[i].class == "Add" })
	for _, i := range order {
		layers = append(layers, c.layers[i])
	}
	return layers
}
