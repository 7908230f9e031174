// Package layer holds the layers, one file each.
package layer

import (
	"strconv"
	"strings"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// Shape is the shape of one example, [H W C] or [F]; the batch comes in front.
type Shape []int

// Size is the number of values.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// String writes the shape as 28x28x6.
func (s Shape) String() string {
	dims := make([]string, len(s))
	for i, d := range s {
		dims[i] = strconv.Itoa(d)
	}
	return strings.Join(dims, "x")
}

// A Weight is a tensor that a layer owns.
type Weight struct {
	Name      string // Keras's name for it: kernel, bias
	Shape     Shape
	Init      initializer.Initializer
	Trainable bool
	Penalty   regularizer.Regularizer // nil for none; does not count unless it trains
}

// A Layer is one line of a spec.
type Layer interface {
	// Shape returns the output shape, or an error that says why the layer cannot take in.
	Shape(in Shape) (Shape, error)
	// Weights returns what the layer owns for an input that it can take, in Keras's order.
	Weights(in Shape) []Weight
	// Build adds the layer to the graph. x is a batch of inputs, weights has
	// the nodes of Weights.
	Build(g *Graph, x *G.Node, weights []*G.Node) *G.Node
}

// Graph is what Build may know of the graph it adds to.
type Graph struct {
	Training bool // false: the graph predicts
	Direct   bool // convolutions sum up products as they are: no Winograd
	Frozen   bool // the layer keeps its weights in training, by its option trainable or that of one around it
	// Random returns the numbers of the layer for the step that runs, the same
	// ones whenever it is asked in that step. It is nil unless Training: nothing
	// is random in use. What is drawn for an example of the batch takes its
	// index from the position in the whole batch: First, for the first one here.
	Random func() random.Stream
	// First is where in the whole batch the examples of the step begin that runs; nil
	// stands for 0. It is above 0 where several models share each batch.
	First func() int
	// Mean replaces values, sums or means over the examples here, by those over the
	// whole batch. It is nil where all of it is here.
	Mean func(values []float64)
}

// key makes one number of Random, for kernels that draw values of examples by
// themselves, each of them a number of times.
func (g *Graph) key(values int) func() uint64 {
	return func() uint64 { return ops.DropoutKey(g.Random().Uint64(0), g.first()*values) }
}

func (g *Graph) first() int {
	if g.First == nil {
		return 0
	}
	return g.First()
}

// Augments reports whether l changes images at random in training, and has
// nothing to learn.
func Augments(l Layer) bool {
	if c, ok := l.(*common); ok {
		l = c.Layer
	}
	_, ok := l.(interface{ augments() })
	return ok
}

// Trains reports whether l changes in training, and so what it owns that is not
// trainable: moving averages.
func Trains(l Layer) bool {
	c, ok := l.(*common)
	return !ok || c.trainable
}

// Layers is every layer a spec may name.
var Layers = newLayers()

func newLayers() *catalog.Catalog[Layer] {
	c := catalog.New[Layer]("layer")
	c.Common = func(l Layer, o *catalog.Options) Layer {
		var name string // read by package spec, which names the layers that have none
		o.Bind(&name, "name", "name of the layer in summaries, checkpoints and --set")
		c := &common{l, true}
		o.Bind(&c.trainable, "trainable", "whether training updates the weights").Quiet()
		return c
	}
	return c
}

// common is a layer with the options that all layers have.
type common struct {
	Layer
	trainable bool
}

func (c *common) Weights(in Shape) []Weight {
	weights := c.Layer.Weights(in)
	for i := range weights {
		weights[i].Trainable = weights[i].Trainable && c.trainable
	}
	return weights
}

func (c *common) Build(g *Graph, x *G.Node, weights []*G.Node) *G.Node {
	inner := *g // a layer within this one is no affair of the caller's other layers
	inner.Frozen = g.Frozen || !c.trainable
	return c.Layer.Build(&inner, x, weights)
}

// initializerOption declares an option such as kernel_initializer.
func initializerOption(o *catalog.Options, into *initializer.Initializer, name, def, doc string) {
	catalog.Thing(o, initializer.Initializers, into, name, def, doc)
}

// regularizerOption declares an option such as kernel_regularizer.
func regularizerOption(o *catalog.Options, into *regularizer.Regularizer, name, doc string) {
	catalog.Thing(o, regularizer.Regularizers, into, name, "", doc)
}

// maps reports whether a shape is [H W C].
func (s Shape) maps() bool { return len(s) == 3 }
