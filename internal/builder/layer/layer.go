// Package layer holds the layers, one file each.
package layer

import (
	"strconv"
	"strings"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// Shape is the shape of one example, [H W C] or [F], without the batch axis.
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
	// Shape returns the output shape, or an error that says why the layer does not accept
	// in.
	Shape(in Shape) (Shape, error)
	// Weights returns the layer's weights for an input that it accepts, in Keras's order.
	Weights(in Shape) []Weight
	// Build adds the layer to the graph. x is a batch of inputs, weights has the nodes of
	// Weights in the same order.
	Build(g *Graph, x *G.Node, weights []*G.Node) *G.Node
}

// Graph is what Build knows of the graph it adds to.
type Graph struct {
	Training bool // false: inference
	Direct   bool // convolutions are computed as defined, without Winograd's algorithm
	Alike    bool // an example has the same output, to the bit, in every batch
	// Averages says that batch normalization uses its moving averages and does not update them, in
	// training too: trainable is false for the layer or for one around it, or it is fine-tuned so.
	Averages bool
	// Random returns the random numbers of the layer for the current step, the same ones
	// for each call in that step. It is nil unless Training: inference is deterministic.
	// Numbers for an example use its position in the global batch as index.
	Random func() random.Stream
	// Lasting is the random numbers of the layer that are the same in every step.
	Lasting random.Stream
	// At says which examples the current step computes; nil: those of a batch from its first
	// on.
	At *batch.Place
	// Mean replaces values, which are sums or means over the local examples, by those over
	// the global batch. It is nil if the local batch is the global batch.
	Mean func(values []float64)
}

// key derives one number from Random, as the key of kernels that draw their own random
// numbers per example.
func (g *Graph) key(values int) func() uint64 {
	return func() uint64 { return ops.DropoutKey(g.Random().Uint64(0), g.position(0)*values) }
}

// position returns the position in the global batch of local example n.
func (g *Graph) position(n int) int {
	switch {
	case g.At == nil:
		return n
	case g.At.Of == 0:
		return g.At.First + n
	}
	return (g.At.First + n) % g.At.Of
}

// index returns the position in the training data of local example n.
func (g *Graph) index(n int) int {
	if g.At == nil || n >= len(g.At.Index) {
		return g.position(n)
	}
	return g.At.Index[n]
}

// Augments reports whether l changes images at random in training and has no weights.
func Augments(l Layer) bool {
	_, ok := As[interface{ augments() }](l)
	return ok
}

// Trains reports whether the weights of l are trained, as far as they are trainable.
func Trains(l Layer) bool {
	c, ok := l.(*common)
	return !ok || c.trainable
}

// Moves reports whether training updates the non-trainable weights of l: moving averages.
func Moves(l Layer) bool {
	c, ok := l.(*common)
	return !ok || c.trainable && !c.averages
}

// As returns l as a T, if it is one without the options that all layers have.
func As[T any](l Layer) (as T, ok bool) {
	if c, ok := l.(*common); ok {
		l = c.Layer
	}
	as, ok = l.(T)
	return as, ok
}

// Momentum returns that of the moving averages of l, a batch normalization.
func Momentum(l Layer) (momentum float64, ok bool) {
	b, ok := As[*batchNormalization](l)
	if !ok {
		return 0, false
	}
	return b.momentum, true
}

// IsSteady reports whether l computes of each example alone the same in training as in inference:
// it neither draws random numbers nor depends on the other examples of a batch.
func IsSteady(l Layer) bool {
	if Augments(l) || TrainsOnly(l) {
		return false
	}
	c, ok := l.(*common)
	if ok {
		l = c.Layer
	}
	_, normalizes := l.(*batchNormalization)
	return !normalizes || ok && (!c.trainable || c.averages)
}

// The ways to fine-tune a batch normalization that was frozen.
const (
	BatchInference = "inference" // gamma and beta train, with the moving averages, which stay
	BatchTraining  = "training"  // as if it had never been frozen
	BatchFrozen    = "frozen"    // nothing changes
)

// Unfrozen returns l with trainable set. batch says what that means for batch normalization.
func Unfrozen(l Layer, batch string) Layer {
	c, ok := l.(*common)
	if !ok || c.trainable {
		return l
	}
	_, normalizes := c.Layer.(*batchNormalization)
	if normalizes && batch == BatchFrozen {
		return l
	}
	return &common{Layer: c.Layer, trainable: true, averages: normalizes && batch == BatchInference}
}

// Layers is the catalog of layers that a spec can name.
var Layers = newLayers()

func newLayers() *catalog.Catalog[Layer] {
	c := catalog.New[Layer]("layer")
	c.Common = func(l Layer, o *catalog.Options) Layer {
		var name string // package spec has read it; it assigns names to layers without one
		o.Bind(&name, "name", "name of the layer in summaries, checkpoints and --set")
		c := &common{Layer: l, trainable: true}
		o.Bind(&c.trainable, "trainable", "whether training updates the weights").Quiet()
		return c
	}
	return c
}

// common is a layer with the options that all layers have.
type common struct {
	Layer
	trainable bool
	averages  bool // as in Graph
}

func (c *common) Weights(in Shape) []Weight {
	weights := c.Layer.Weights(in)
	for i := range weights {
		weights[i].Trainable = weights[i].Trainable && c.trainable
	}
	return weights
}

func (c *common) Build(g *Graph, x *G.Node, weights []*G.Node) *G.Node {
	inner := *g // an inner layer must not change the Graph of its caller
	inner.Averages = g.Averages || !c.trainable || c.averages
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
