package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

// interpolationOption declares the option "interpolation".
func interpolationOption(o *catalog.Options, into *string) {
	o.Bind(into, "interpolation", "how values between pixels are computed").OneOf("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
}

// ResizeWeights returns the matrix [out,in] by which resizing resamples one axis.
func ResizeWeights(in, out int, interpolation string, antialias bool) []float32 {
	return ops.ResizeWeights(in, out, interpolation, antialias)
}

// resize resamples x to a size; it returns x itself if it has that size.
func resize(x *G.Node, height, width int, interpolation string, antialias bool) *G.Node {
	if x.Shape()[1] == height && x.Shape()[2] == width {
		return x
	}
	return ops.Resize(x, height, width, interpolation, antialias)
}

// AspectCrop returns the size of the largest part of an image of h by w pixels that has the
// aspect ratio of height by width, and the row and column at which it starts when centred.
func AspectCrop(h, w, height, width int) (rows, columns, top, left int) {
	rows = max(1, min(h, w*height/width))
	columns = max(1, min(w, h*width/height))
	return rows, columns, (h - rows) / 2, (w - columns) / 2
}

// smartResize crops x to the aspect ratio of the size and resizes it, as Keras's
// smart_resize.
func smartResize(x *G.Node, height, width int, interpolation string, antialias bool) *G.Node {
	h, w := x.Shape()[1], x.Shape()[2]
	rows, columns, top, left := AspectCrop(h, w, height, width)
	return resize(crop(x, rows, columns, top, left), height, width, interpolation, antialias)
}

// crop cuts so many rows and columns out of x.
func crop(x *G.Node, rows, columns, top, left int) *G.Node {
	h, w := x.Shape()[1], x.Shape()[2]
	if rows == h && columns == w {
		return x
	}
	return ops.Crop2D(x, [2]int{top, h - rows - top}, [2]int{left, w - columns - left})
}

// sized is the common part of layers whose output has a given height and width.
type sized struct{ height, width int }

func (l *sized) options(o *catalog.Options) {
	o.Bind(&l.height, "height", "height of the output").Required().Min(1)
	o.Bind(&l.width, "width", "width of the output").Required().Min(1)
}

func (l *sized) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	return Shape{l.height, l.width, in[2]}, nil
}

func (l *sized) Weights(Shape) []Weight { return nil }
