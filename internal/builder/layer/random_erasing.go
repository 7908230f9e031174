package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_erasing",
	Keras:   "RandomErasing",
	Example: "random_erasing: {factor: 1, scale: [0.2, 0.4], fill_value: 0.5}",
	Input:   []int{4, 3, 2},
	Doc: `Fills a random rectangle of images, drawn for each image in each training step (Zhong et al. 2020, Random Erasing Data Augmentation).

Its height and width are the square roots of two numbers from scale, as fractions of those of
the image. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomErasing{recolor: newRecolor(), factor: catalog.Range{1}, scale: catalog.Range{0.02, 0.33}}
		o.Bind(&l.factor, "factor", "bounds of the probability that an image gets a rectangle; one number f is from 0 to f").Min(0).Max(1)
		o.Bind(&l.scale, "scale", "bounds of the squares of height and width; one number f is from 0 to f").Min(0).Max(1)
		o.Bind(&l.fill, "fill_value", "the value of the rectangle; without it, normally distributed noise times the maximum of value_range, clipped to value_range")
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomErasing struct {
	recolor
	factor, scale catalog.Range
	fill          catalog.Optional
}

// A box is the erased rectangle of an image: half-open ranges of rows and columns. It is empty
// for an image without one.
type box struct{ top, bottom, left, right float32 }

// The random numbers of an image, by index.
const erasingDraws = 6

// draw returns the box of image n.
func (l *randomErasing) draw(r random.Stream, n, height, width int) box {
	low, high := upTo(l.scale)
	u := func(k int, low, high float64) float64 { return uniform(r, erasingDraws*n+k, low, high) }
	side := func(k, length int) (from, to float32) {
		part := float64(math.Sqrt(u(k, low, high)) * float64(length))
		at := float64(u(k+1, 0, 1) * (float64(length) - part))
		return float32(at), float32(at + part)
	}
	var b box
	b.left, b.right = side(0, width)
	b.top, b.bottom = side(2, height)
	if least, most := upTo(l.factor); u(5, 0, 1) >= u(4, least, most) {
		return box{}
	}
	return b
}

func (l *randomErasing) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	s := x.Shape()
	height, width, channels := s[1], s[2], s[3]
	size := height * width * channels
	boxes := make([]box, s[0])
	var noise random.Stream
	begin := func() {
		r := g.Random()
		noise = r.With(1)
		for n := range boxes {
			boxes[n] = l.draw(r, g.position(n), height, width)
		}
	}
	inside := func(i int) bool {
		b := &boxes[i/size]
		y, column := float32(i%size/channels/width), float32(i%size/channels%width)
		return y >= b.top && y < b.bottom && column >= b.left && column < b.right
	}
	low, high := l.valueRange[0], l.valueRange[1]
	return ops.ByIndex("random_erasing", x, begin, func(i int, v float32) float32 {
		switch {
		case !inside(i):
			return v
		case len(l.fill) > 0:
			return float32(min(max(l.fill[0], low), high))
		}
		return float32(min(max(noise.Normal(uint64(g.position(i/size)*size+i%size))*high, low), high))
	}, func(i int, dy float32) float32 {
		if inside(i) {
			return 0
		}
		return dy
	})
}
