package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_rotation",
	Keras:   "RandomRotation",
	Example: "random_rotation: 0.1",
	Input:   []int{4, 3, 2},
	Doc: `Rotates each image about its centre by a random angle, drawn in each training step.

A factor of 0.1 is up to 36 degrees either way, [0.1, 0.2] from 36 to 72 degrees
counterclockwise. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomRotation{geometric: newGeometric()}
		o.Bind(&l.factor, "factor", "bounds of the angle as a fraction of a full turn; one number f is from -f to f").Required().Min(-1).Max(1)
		l.options(o)
		return l
	},
})

type randomRotation struct {
	geometric
	factor catalog.Range
}

func (l *randomRotation) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomRotation) draw(r random.Stream, n int, in Shape, m []float32) {
	cx, cy := float64(float64(in[1]-1)/2), float64(float64(in[0]-1)/2)
	low, high := bounds(l.factor)
	sin, cos := math.Sincos(2 * math.Pi * uniform(r, n, low, high))
	setMatrix(m, 0, [6]float64{cos, -sin, cx - float64(cx*cos) + float64(cy*sin), sin, cos, cy - float64(cx*sin) - float64(cy*cos)})
}
