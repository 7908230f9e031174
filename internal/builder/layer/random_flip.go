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

With alternate, each image of the training data is flipped in every second epoch, half of them
in the first (Jordan 2024, 94% on CIFAR-10 in 3.29 seconds): in two epochs the model sees both
sides of every image. With horizontal_and_vertical an image is flipped both ways or not at all, as in Keras 3;
to draw them independently, write the layer twice, once for each direction. Inactive
during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomFlip{geometric: newGeometric(), mode: "horizontal_and_vertical"}
		l.interpolation = "nearest"
		o.Bind(&l.mode, "mode", "direction: left to right, top to bottom, or both").OneOf("horizontal", "vertical", "horizontal_and_vertical")
		o.Bind(&l.alternate, "alternate", "whether an image is flipped if it was not in the epoch before, instead of at random; Keras has no such option").Quiet()
		return l
	},
})

type randomFlip struct {
	geometric
	mode      string
	alternate bool
}

func (l *randomFlip) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	height, width := float64(x.Shape()[1]), float64(x.Shape()[2])
	return l.warp(g, x, func(r random.Stream, i, n int) [6]float64 {
		m := [6]float64{1, 0, 0, 0, 1, 0}
		if !l.flips(g, r, i, n) {
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

// flips reports whether to flip local example i, image n of the global batch.
func (l *randomFlip) flips(g *Graph, r random.Stream, i, n int) bool {
	if !l.alternate || g.At == nil {
		return r.Float64(uint64(n)) <= 0.5
	}
	first := g.Lasting.Float64(uint64(g.index(i))) <= 0.5
	return first == (g.At.Epoch%2 == 1)
}
