package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_zoom",
	Keras:   "RandomZoom",
	Example: "random_zoom: 0.1",
	Input:   []int{4, 3, 2},
	Doc: `Zooms each image about its centre by a random factor, drawn in each training step.

A height_factor of 0.1 shows from 90% to 110% of the height, [0.2, 0.3] from 120%
to 130%: the image gets smaller. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomZoom{geometric: newGeometric()}
		o.Bind(&l.height, "height_factor", "bounds of the change; one number f is from -f to f").Required().Above(-1).Max(1)
		o.Bind(&l.width, "width_factor", "the same for the width; as the height, keeping the aspect, unless given").Above(-1).Max(1)
		l.options(o)
		return l
	},
})

type randomZoom struct {
	geometric
	height, width catalog.Range
}

func (l *randomZoom) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomZoom) draw(r random.Stream, n int, in Shape, m []float32) {
	cx, cy := float64(in[1]-1)/2, float64(in[0]-1)/2
	low, high := bounds(l.height)
	zy := 1 + uniform(r, 2*n, low, high)
	zx := zy
	if l.width != nil {
		low, high = bounds(l.width)
		zx = 1 + uniform(r, 2*n+1, low, high)
	}
	setMatrix(m, 0, [6]float64{zx, 0, cx * (1 - zx), 0, zy, cy * (1 - zy)})
}
