package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

// recolor is the common part of augmentations that depend on the range of the images.
type recolor struct {
	augmentation
	valueRange catalog.Range
}

func newRecolor() recolor { return recolor{valueRange: catalog.Range{0, 255}} }

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

// amounts returns a function that fills a list with the amounts of each image. draw returns
// one of image n of the global batch, from random numbers of r.
func amounts(g *Graph, draw func(r random.Stream, n int) float64) func(a []float32) {
	return func(a []float32) {
		r := g.Random()
		for n := range a {
			a[n] = float32(draw(r, g.position(n)))
		}
	}
}
