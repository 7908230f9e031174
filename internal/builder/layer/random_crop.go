package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_crop",
	Keras:   "RandomCrop",
	Example: "random_crop: {height: 3, width: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Crops each image to the given size, at a random position in each training step.

During inference, and if an image is smaller than the window, the largest centred crop
with the window's aspect ratio is resized to it.`,
	New: func(o *catalog.Options) Layer {
		l := &randomCrop{}
		o.Bind(&l.height, "height", "height of the window").Required().Min(1)
		o.Bind(&l.width, "width", "width of the window").Required().Min(1)
		return l
	},
})

type randomCrop struct {
	augmentation
	height, width int
}

func (l *randomCrop) Shape(in Shape) (Shape, error) {
	in, err := l.augmentation.Shape(in)
	if err != nil {
		return nil, err
	}
	return Shape{l.height, l.width, in[2]}, nil
}

func (l *randomCrop) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	h, w := x.Shape()[1], x.Shape()[2]
	if !g.Training || h < l.height || w < l.width {
		return l.centre(x)
	}
	return ops.Warp(x, l.height, l.width, ops.Resampling{Nearest: true}, func(m []float32) {
		r := g.Random()
		for n := range len(m) / 6 {
			i := 2 * g.position(n)
			top := int(uniform(r, i, 0, float64(h-l.height+1)))
			left := int(uniform(r, i+1, 0, float64(w-l.width+1)))
			setMatrix(m, n, [6]float64{1, 0, float64(left), 0, 1, float64(top)})
		}
	})
}

// centre crops x to the aspect ratio of the window and resizes it, as Keras's smart_resize.
func (l *randomCrop) centre(x *G.Node) *G.Node {
	h, w := x.Shape()[1], x.Shape()[2]
	height := max(1, min(h, w*l.height/l.width))
	width := max(1, min(w, h*l.width/l.height))
	x = fixedWarp(x, height, width, ops.Resampling{Nearest: true},
		[6]float64{1, 0, float64((w - width) / 2), 0, 1, float64((h - height) / 2)})
	sx, sy := float64(width)/float64(l.width), float64(height)/float64(l.height)
	return fixedWarp(x, l.height, l.width, ops.Resampling{Fill: "nearest"},
		[6]float64{sx, 0, float64(sx/2) - 0.5, 0, sy, float64(sy/2) - 0.5}) // aligns the centres of pixels
}

// fixedWarp resamples all images with one matrix; it returns x itself for the identity.
func fixedWarp(x *G.Node, height, width int, how ops.Resampling, matrix [6]float64) *G.Node {
	if x.Shape()[1] == height && x.Shape()[2] == width {
		return x
	}
	return ops.Warp(x, height, width, how, func(m []float32) {
		for n := range len(m) / 6 {
			setMatrix(m, n, matrix)
		}
	})
}
