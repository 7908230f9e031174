package layer

import (
	"fmt"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "rgb_to_bgr",
	Example: "rgb_to_bgr",
	Input:   []int{4, 3, 3},
	Doc: `Puts the channels of an image in reverse order: blue, green, red.

Weights that were trained in Caffe expect it, among them those of VGG16, VGG19 and ResNet50 in
keras.applications. In Keras it is a Conv2D of 1x1 that is not trained, with a kernel of zeros and
ones, so that files of Keras need no code.`,
	Keras: "Conv2D",
	New:   func(*catalog.Options) Layer { return rgbToBGR{} },
})

type rgbToBGR struct{}

func (rgbToBGR) Shape(in Shape) (Shape, error) {
	if len(in) != 3 || in[2] != 3 {
		return nil, fmt.Errorf("the input must be an image of 3 channels, got %v", in)
	}
	return in, nil
}

func (rgbToBGR) Weights(Shape) []Weight {
	return []Weight{{Name: "kernel", Shape: Shape{1, 1, 3, 3}, Init: exchange{}}}
}

func (rgbToBGR) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	return ops.Conv2D(x, w[0], nil, ops.Conv{Strides: [2]int{1, 1}})
}

// Fixed reports whether the weights of l are constants, which no file has to hold.
func Fixed(l Layer) bool {
	_, ok := As[rgbToBGR](l)
	return ok
}

// exchange fills a square matrix with the identity, rows in reverse order.
type exchange struct{}

var _ initializer.Initializer = exchange{}

func (exchange) Fill(w []float32, shape []int, _ random.Stream) {
	n := shape[len(shape)-1]
	for i := range w {
		w[i] = 0
		if i/n+i%n == n-1 {
			w[i] = 1
		}
	}
}
