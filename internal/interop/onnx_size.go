package interop

import (
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
)

// crop cuts height and width.
func (g *onnxGraph) crop(rows, columns, top, left int) {
	g.toMaps()
	g.emit("Slice", nil, g.integers("starts", top, left), g.integers("ends", top+rows, left+columns), g.integers("axes", 2, 3))
}

func cropping2D(g *onnxGraph, l *Layer) {
	c := l.Options["cropping"].(catalog.Sides)
	g.crop(l.Out[0], l.Out[1], c[0][0], c[1][0])
}

// resize resamples h by w pixels to the size of the output, by a product with a matrix along
// each axis.
func (g *onnxGraph) resize(l *Layer, h, w int, interpolation string, antialias bool) {
	g.toMaps()
	height, width := l.Out[0], l.Out[1]
	if h == height && w == width {
		return
	}
	rows := layer.ResizeWeights(h, height, interpolation, antialias)
	columns := layer.ResizeWeights(w, width, interpolation, antialias)
	g.at = g.node("MatMul", nil, g.tensor("rows", []int{height, h}, rows), g.at)
	g.emit("MatMul", nil, g.tensor("columns", []int{w, width}, transposed(columns, 1, width, w)))
}

func upSampling2D(g *onnxGraph, l *Layer) {
	g.resize(l, l.In[0], l.In[1], l.text("interpolation"), false)
}

func resizing(g *onnxGraph, l *Layer) {
	h, w := l.In[0], l.In[1]
	if l.Options["crop_to_aspect_ratio"].(bool) {
		rows, columns, top, left := layer.AspectCrop(h, w, l.Out[0], l.Out[1])
		g.crop(rows, columns, top, left)
		h, w = rows, columns
	}
	if l.Options["pad_to_aspect_ratio"].(bool) {
		rows, columns := layer.AspectPadding(h, w, l.Out[0], l.Out[1])
		g.toMaps()
		g.emit("Pad", nil, g.integers("pads", 0, 0, rows, columns, 0, 0, rows, columns), g.scalar("fill", l.number("fill_value")))
		h, w = h+2*rows, w+2*columns
	}
	g.resize(l, h, w, l.text("interpolation"), l.Options["antialias"].(bool))
}

func centerCrop(g *onnxGraph, l *Layer) {
	h, w, height, width := l.In[0], l.In[1], l.Out[0], l.Out[1]
	if h >= height && w >= width {
		g.crop(height, width, (h-height)/2, (w-width)/2)
		return
	}
	randomCrop(g, l)
}

// randomCrop is random_crop in inference, and center_crop of images smaller than the window: the
// largest centred rectangle with the window's aspect ratio, resized to the window.
func randomCrop(g *onnxGraph, l *Layer) {
	rows, columns, top, left := layer.AspectCrop(l.In[0], l.In[1], l.Out[0], l.Out[1])
	g.crop(rows, columns, top, left)
	g.resize(l, rows, columns, "bilinear", false)
}
