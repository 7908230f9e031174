package layer

import (
	"errors"
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "conv2d_transpose",
	Keras:   "Conv2DTranspose",
	Also:    []string{"Convolution2DTranspose"},
	Example: "conv2d_transpose: {filters: 3, kernel_size: 3, strides: 2, activation: tanh}",
	Input:   []int{3, 4, 2},
	Doc: `Transposed 2D convolution: the gradient of a convolution, which multiplies height and width by the strides.

A kernel is [height, width, filters, channels]. With padding ` + "`same`" + ` the output size is
input·strides, with ` + "`valid`" + ` it is larger where the window is larger than the strides.`,
	New: func(o *catalog.Options) Layer {
		l := &conv2DTranspose{}
		o.Bind(&l.filters, "filters", "number of filters, which is the number of output channels").Required().Min(1)
		l.window.options(o)
		o.Bind(&l.further, "output_padding", "rows and columns by which the output is larger than the smallest one that fits; less than strides").Min(0)
		o.Check(func() error {
			for i, p := range l.further {
				if p >= l.strides[i%2] || len(l.further) > 2 {
					return errors.New("output_padding must be one or two numbers less than strides")
				}
			}
			return nil
		})
		l.linear.options(o, "filter", kernel{"kernel", "filters"})
		return l
	},
})

type conv2DTranspose struct {
	window
	linear
	filters int
	further catalog.Ints // empty: the size that strides give
}

// length is the output size along an axis, as in Keras.
func (l *conv2DTranspose) length(axis, in int) int {
	span, stride := l.span()[axis], l.strides[axis]
	given := len(l.further) > 0
	switch {
	case l.padding == "same" && !given:
		return in * stride
	case l.padding == "same":
		return (in-1)*stride + span%2 + l.further[axis%len(l.further)]
	case !given:
		return (in-1)*stride + max(span, stride)
	}
	return (in-1)*stride + span + l.further[axis%len(l.further)]
}

func (l *conv2DTranspose) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	out := Shape{l.length(0, in[0]), l.length(1, in[1]), l.filters}
	for axis, span := range l.span() {
		fits := (out[axis]-span)/l.strides[axis] + 1
		if l.padding == "same" {
			fits = (out[axis] + l.strides[axis] - 1) / l.strides[axis]
		}
		if out[axis] < 1 || fits != in[axis] {
			return nil, fmt.Errorf("an output of %v has no convolution that gives %v; change output_padding", out, in)
		}
	}
	return out, nil
}

func (l *conv2DTranspose) Weights(in Shape) []Weight {
	return l.weights(l.filters, Weight{Name: "kernel", Shape: Shape{l.size[0], l.size[1], l.filters, in[2]}})
}

func (l *conv2DTranspose) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	return l.activate(ops.Conv2DTranspose(x, w[0], l.biasOf(w), l.length(0, x.Shape()[1]), l.length(1, x.Shape()[2]), l.conv(g)))
}
