package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_flip",
	Keras:   "RandomFlip",
	Example: "random_flip: horizontal",
	Input:   []int{4, 3, 2},
	Doc: `Flips each image with probability 1/2 in each training step.

With horizontal_and_vertical an image is flipped both ways or not at all, as in Keras 3;
to draw them independently, write the layer twice, once for each direction. Inactive
during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomFlip{geometric: newGeometric(), mode: "horizontal_and_vertical"}
		l.interpolation = "nearest"
		o.Bind(&l.mode, "mode", "direction: left to right, top to bottom, or both").OneOf("horizontal", "vertical", "horizontal_and_vertical")
		return l
	},
})

type randomFlip struct {
	geometric
	mode string
}

func (l *randomFlip) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	height, width := float64(x.Shape()[1]), float64(x.Shape()[2])
	return l.warp(g, x, func(r random.Stream, n int) [6]float64 {
		m := [6]float64{1, 0, 0, 0, 1, 0}
		if r.Float64(uint64(n)) > 0.5 {
			return m
		}
		if l.mode != "vertical" {
			m[0], m[2] = -1, width-1
		}
		if l.mode != "horizontal" {
			m[4], m[5] = -1, height-1
		}
		return m
	})
}
