package layer

import (
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "resizing",
	Keras:   "Resizing",
	Example: "resizing: {height: 3, width: 7, crop_to_aspect_ratio: true}",
	Input:   []int{5, 4, 2},
	Doc: `Resizes each image, in training and inference.

Height and width are scaled separately, unless the image is first cropped or padded to the
aspect ratio of the output.`,
	New: func(o *catalog.Options) Layer {
		l := &resizing{interpolation: "bilinear"}
		l.sized.options(o)
		interpolationOption(o, &l.interpolation)
		o.Bind(&l.crop, "crop_to_aspect_ratio", "whether to crop the image, centred, to the aspect ratio of the output").Quiet()
		o.Bind(&l.pad, "pad_to_aspect_ratio", "whether to pad the image on both sides to the aspect ratio of the output").Quiet()
		o.Bind(&l.fill, "fill_value", "value of the padding").Quiet()
		o.Bind(&l.antialias, "antialias", "whether to average over more pixels where the image gets smaller; not for nearest").Quiet()
		o.Check(func() error {
			if l.crop && l.pad {
				return errors.New("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other")
			}
			return nil
		})
		return l
	},
})

type resizing struct {
	sized
	interpolation        string
	crop, pad, antialias bool
	fill                 float64
}

func (l *resizing) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if l.crop {
		return smartResize(x, l.height, l.width, l.interpolation, l.antialias)
	}
	if rows, columns := AspectPadding(x.Shape()[1], x.Shape()[2], l.height, l.width); l.pad && rows+columns > 0 {
		if l.fill != 0 {
			x = ops.Affine(x, 1, float32(-l.fill))
		}
		x = ops.Pad2D(x, [2]int{rows, rows}, [2]int{columns, columns})
		if l.fill != 0 {
			x = ops.Affine(x, 1, float32(l.fill))
		}
	}
	return resize(x, l.height, l.width, l.interpolation, l.antialias)
}

// AspectPadding returns how many rows and columns on each side give an image of h by w
// pixels the aspect ratio of height by width, rounded down as in Keras.
func AspectPadding(h, w, height, width int) (rows, columns int) {
	return max(0, w*height/width-h) / 2, max(0, h*width/height-w) / 2
}
