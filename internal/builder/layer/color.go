package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// recolor is the common part of augmentations that depend on the range of the images.
type recolor struct {
	augmentation
	valueRange catalog.Range
}

func newRecolor() recolor { return recolor{valueRange: catalog.Range{0, 255}} }

// valueRangeOption declares the option "value_range".
func valueRangeOption(o *catalog.Options, into *catalog.Range) {
	o.Bind(into, "value_range", "minimum and maximum value of the images")
	o.Check(func() error {
		if len(*into) != 2 || (*into)[0] >= (*into)[1] {
			return fmt.Errorf("value_range must be [least, largest]")
		}
		return nil
	})
}

func (l *recolor) values(in Values) (Values, error) { return in, checkValues(l.valueRange, in) }

func (l *recolor) low() float32  { return float32(l.valueRange[0]) }
func (l *recolor) high() float32 { return float32(l.valueRange[1]) }

// rgb is Shape for layers that need red, green and blue.
func rgb(in Shape) (Shape, error) {
	if !in.maps() || in[2] != 3 {
		return nil, fmt.Errorf("needs images of 3 channels, red, green and blue, got %v", in)
	}
	return in, nil
}

// upTo returns the limits of a factor for which one number f means 0 to f.
func upTo(r catalog.Range) (low, high float64) {
	if len(r) == 1 {
		return 0, r[0]
	}
	return min(r[0], r[1]), max(r[0], r[1])
}

// A change is an augmentation that alters each image by itself, by amounts drawn for it.
type change interface {
	change() ops.Change
	// draw sets the amounts of image n of the global batch, of shape in, from random numbers of r.
	draw(r random.Stream, n int, in Shape, a []float32)
}

// altered adds l to the graph, with random numbers of the stream that random returns.
func altered(g *Graph, x *G.Node, l change, stream func() random.Stream) *G.Node {
	if !g.Training {
		return x
	}
	c, in := l.change(), Shape(x.Shape()[1:])
	return c.Apply(x, func(a []float32) {
		r := stream()
		for n := range len(a) / c.Amounts {
			l.draw(r, g.position(n), in, a[n*c.Amounts:][:c.Amounts])
		}
	})
}
