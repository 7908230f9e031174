package layer

import (
	"maps"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "activation",
	Keras:   "Activation",
	Example: "activation: relu",
	Input:   []int{4, 3, 2},
	Doc: `Applies a function to its input.

` + "`relu` and `softmax` are layers of their own that do the same; `elu` and `leaky_relu`" + ` are,
too, with an option. As functions they have alpha 1 and a negative slope of 0.2.
` + "`gelu` is x·Φ(x), exactly; `silu` is x·sigmoid(x)" + `, also called Swish.`,
	New: func(o *catalog.Options) Layer {
		l := &activation{}
		activationOption(o, &l.function, "the function").Required()
		return l
	},
})

// An activationFunc adds an elementwise function without weights to the graph; the output
// has the shape of x.
type activationFunc func(x *G.Node) *G.Node

// activations holds the functions that the activation options accept. Functions that are
// layers too are registered in their own files.
var activations = map[string]activationFunc{
	"gelu":    ops.GELU,
	"linear":  func(x *G.Node) *G.Node { return x },
	"sigmoid": ops.Sigmoid,
	"silu":    ops.SiLU,
	"tanh":    ops.Tanh,
}

// addFunction registers an activation function.
func addFunction(name string, f activationFunc) activationFunc {
	activations[name] = f
	return f
}

// Function returns the activation function that the layer called name applies: the layer
// itself, or its option "activation"; "" if it has none.
func Function(name, option string) string {
	if _, ok := activations[name]; ok {
		return name
	}
	return option
}

// addActivation registers an activation function, and a layer of the same name.
func addActivation(e catalog.Entry[Layer], f activationFunc) activationFunc {
	addFunction(e.Name, f)
	e.Example, e.Input = e.Name, []int{4, 3, 2}
	e.New = func(*catalog.Options) Layer { return &activation{e.Name} }
	Layers.Add(e)
	return f
}

// activationOption declares the option "activation".
func activationOption(o *catalog.Options, into *string, doc string) *catalog.Field {
	return o.Bind(into, "activation", doc).OneOf(slices.Sorted(maps.Keys(activations))...)
}

type activation struct{ function string }

func (l *activation) Shape(in Shape) (Shape, error) { return in, nil }
func (l *activation) Weights(Shape) []Weight        { return nil }

func (l *activation) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return activations[l.function](x)
}
