package interop

import "cnntrain/internal/builder/layer"

// convolve adds a convolution with a kernel of any shape [H W I O], and a bias
// unless that is nil; in groups, I is the channels of one. A depthwise kernel [H W C M]
// lies as [H W 1 C*M] does.
func (g *onnxGraph) convolve(a attributes, shape layer.Shape, kernel, bias []float32, groups int) {
	g.toMaps()
	h, w, in, out := shape[0], shape[1], shape[2], shape[3]
	inputs := []string{g.tensor("kernel", []int{out, in, h, w}, transposed(kernel, h*w, in, out))}
	if bias != nil {
		inputs = append(inputs, g.tensor("bias", []int{out}, bias))
	}
	a["group"] = groups
	g.emit("Conv", a, inputs...)
}

// transposed converts [N I O] to [O I N].
func transposed(x []float32, n, in, out int) []float32 {
	y := make([]float32, len(x))
	for k := range n {
		for i := range in {
			for o := range out {
				y[(o*in+i)*n+k] = x[(k*in+i)*out+o]
			}
		}
	}
	return y
}

func conv2d(g *onnxGraph, l *Layer) {
	g.convolve(l.window(l.pair("kernel_size")), l.Own[0].Shape, l.weight("kernel"), l.weight("bias"), l.Options["groups"].(int))
	g.activate(l.text("activation"))
}

func rgbToBGR(g *onnxGraph, l *Layer) {
	g.convolve(attributes{}, l.Own[0].Shape, l.weight("kernel"), nil, 1)
}

// depthwise is the shape of a depthwise kernel [H W C M] as that of one in groups.
func depthwise(s layer.Shape) layer.Shape { return layer.Shape{s[0], s[1], 1, s[2] * s[3]} }

func depthwiseConv2D(g *onnxGraph, l *Layer) {
	g.convolve(l.window(l.pair("kernel_size")), depthwise(l.Own[0].Shape), l.weight("kernel"), l.weight("bias"), l.In[2])
	g.activate(l.text("activation"))
}

func separableConv2D(g *onnxGraph, l *Layer) {
	g.convolve(l.window(l.pair("kernel_size")), depthwise(l.Own[0].Shape), l.weight("depthwise_kernel"), nil, l.In[2])
	g.convolve(attributes{}, l.Own[1].Shape, l.weight("pointwise_kernel"), l.weight("bias"), 1)
	g.activate(l.text("activation"))
}

// conv2DTranspose adds a ConvTranspose, whose padding is taken off the output.
func conv2DTranspose(g *onnxGraph, l *Layer) {
	g.toMaps()
	size, strides, dilation := l.pair("kernel_size"), l.pair("strides"), l.pair("dilation_rate")
	pads, further := []int{0, 0, 0, 0}, []int{0, 0}
	for i := range 2 {
		span := (size[i]-1)*dilation[i] + 1
		if l.text("padding") == "same" {
			zeros := max(0, (l.In[i]-1)*strides[i]+span-l.Out[i])
			pads[i], pads[i+2] = zeros/2, zeros-zeros/2
		}
		further[i] = l.Out[i] - ((l.In[i]-1)*strides[i] + span - pads[i] - pads[i+2])
	}
	s := l.Own[0].Shape // [H W O I]
	h, w, out, in := s[0], s[1], s[2], s[3]
	inputs := []string{g.tensor("kernel", []int{in, out, h, w}, transposed(l.weight("kernel"), h*w, out, in))}
	if bias := l.weight("bias"); bias != nil {
		inputs = append(inputs, g.tensor("bias", []int{out}, bias))
	}
	a := attributes{"kernel_shape": size[:], "strides": strides[:], "dilations": dilation[:], "pads": pads, "output_padding": further}
	g.emit("ConvTranspose", a, inputs...)
	g.activate(l.text("activation"))
}
