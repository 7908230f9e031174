package layer

import (
	"fmt"
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// augmentation is the common part of layers that change images at random in training and do
// nothing in inference.
type augmentation struct{}

func (augmentation) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs images of height, width and channels, got %v values; put it in front of flatten", in)
	}
	return in, nil
}

func (augmentation) Weights(Shape) []Weight { return nil }

func (augmentation) augments() {}

// uniform returns random number i of r, uniform between the bounds.
func uniform(r random.Stream, i int, low, high float64) float64 {
	low, high = float64(low), float64(high) // products, which are rounded before high-low
	return low + float64((high-low)*r.Float64(uint64(i)))
}

// bounds returns the limits of a factor as in Keras: one number f means -f to f.
func bounds(r catalog.Range) (low, high float64) {
	if len(r) == 1 {
		return -math.Abs(r[0]), math.Abs(r[0])
	}
	return min(r[0], r[1]), max(r[0], r[1])
}

// A geometric augmentation moves pixels.
type geometric struct {
	augmentation
	fillMode, interpolation string
	fillValue               float64
}

func newGeometric() geometric {
	return geometric{fillMode: "reflect", interpolation: "bilinear"}
}

func (l *geometric) options(o *catalog.Options) {
	o.Bind(&l.fillMode, "fill_mode", "how to fill points outside the image: reflect dcba|abcd|dcba, constant kkkk|abcd|kkkk, nearest aaaa|abcd|dddd, wrap abcd|abcd|abcd").
		OneOf("reflect", "constant", "nearest", "wrap")
	o.Bind(&l.interpolation, "interpolation", "interpolation of values between pixels").OneOf("bilinear", "nearest")
	o.Bind(&l.fillValue, "fill_value", "the k of fill_mode constant")
}

// warp adds the layer to the graph. In each step, draw returns the matrix of local example i,
// image n of the global batch, from random numbers of r: the pixel at column x and row y is read from
// column m[0]·x + m[1]·y + m[2] and row m[3]·x + m[4]·y + m[5].
func (l *geometric) warp(g *Graph, x *G.Node, draw func(r random.Stream, i, n int) [6]float64) *G.Node {
	if !g.Training {
		return x
	}
	return l.change().Apply(x, func(m []float32) {
		r := g.Random()
		for n := range len(m) / 6 {
			setMatrix(m, n, draw(r, n, g.position(n)))
		}
	})
}

func (l *geometric) change() ops.Change {
	return ops.Resampling{Fill: l.fillMode, Value: float32(l.fillValue), Nearest: l.interpolation == "nearest"}.Change()
}

// setMatrix writes the matrix of image n to m [N,6].
func setMatrix(m []float32, n int, matrix [6]float64) {
	for i, v := range matrix {
		m[6*n+i] = float32(v)
	}
}
