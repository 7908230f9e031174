package layer

import (
	"maps"
	"slices"

	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "activation",
	Keras:   "Activation",
	Example: "activation: relu",
	Input:   []int{4, 3, 2},
	Doc: `Applies a function to its input.

Each function is a layer of its own name, too; those with options, such as ` + "`elu`" + ` and
` + "`leaky_relu`" + `, have alpha 1 and a negative slope of 0.2 as functions.`,
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
	"linear": func(x *G.Node) *G.Node { return x },
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

// addActivation registers an activation function, and a layer of the same name. Where
// Keras has no class for it, it is Keras's Activation.
func addActivation(e catalog.Entry[Layer], f activationFunc) activationFunc {
	addFunction(e.Name, f)
	if e.Keras == "" {
		e.Keras = "Activation"
	}
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
