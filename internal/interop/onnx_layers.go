package interop

import (
	"math"
	"slices"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
)

// onnxLayers maps names of layers to functions that add them to a graph.
var onnxLayers = map[string]func(*onnxGraph, *Layer){
	"add":                          func(g *onnxGraph, l *Layer) { g.merge(l, "Add") },
	"average":                      func(g *onnxGraph, l *Layer) { g.merge(l, "Mean") },
	"concatenate":                  concatenate,
	"maximum":                      func(g *onnxGraph, l *Layer) { g.merge(l, "Max") },
	"minimum":                      func(g *onnxGraph, l *Layer) { g.merge(l, "Min") },
	"multiply":                     func(g *onnxGraph, l *Layer) { g.merge(l, "Mul") },
	"subtract":                     func(g *onnxGraph, l *Layer) { g.merge(l, "Sub") },
	"activation":                   func(g *onnxGraph, l *Layer) { g.activate(l.text("activation")) },
	"auto_contrast":                autoContrast,
	"average_pooling2d":            func(g *onnxGraph, l *Layer) { g.pool("AveragePool", l) },
	"batch_normalization":          batchNormalization,
	"center_crop":                  centerCrop,
	"conv2d":                       conv2d,
	"conv2d_transpose":             conv2DTranspose,
	"cropping2d":                   cropping2D,
	"dense":                        dense,
	"depthwise_conv2d":             depthwiseConv2D,
	"alpha_dropout":                nothing,
	"gaussian_dropout":             nothing,
	"gaussian_noise":               nothing,
	"stochastic_depth":             nothing,
	"layer_scale":                  layerScale,
	"dropout":                      nothing,
	"elu":                          func(g *onnxGraph, l *Layer) { g.emit("Elu", attributes{"alpha": l.number("alpha")}) },
	"flatten":                      flatten,
	"gelu":                         activationOf("gelu"),
	"group_normalization":          groupNormalization,
	"global_average_pooling2d":     func(g *onnxGraph, l *Layer) { g.poolAll("GlobalAveragePool", l) },
	"global_max_pooling2d":         func(g *onnxGraph, l *Layer) { g.poolAll("GlobalMaxPool", l) },
	"hard_sigmoid":                 activationOf("hard_sigmoid"),
	"hard_silu":                    activationOf("hard_silu"),
	"hard_swish":                   activationOf("hard_swish"),
	"layer_normalization":          layerNormalization,
	"leaky_relu":                   func(g *onnxGraph, l *Layer) { g.emit("LeakyRelu", attributes{"alpha": l.number("negative_slope")}) },
	"local_response_normalization": localResponseNormalization,
	"max_pooling2d":                func(g *onnxGraph, l *Layer) { g.pool("MaxPool", l) },
	"mish":                         activationOf("mish"),
	"normalization":                normalization,
	"permute":                      permute,
	"prelu":                        prelu,
	"random_brightness":            nothing,
	"random_contrast":              nothing,
	"random_crop":                  centreCrop,
	"random_grayscale":             nothing,
	"random_hue":                   nothing,
	"random_saturation":            nothing,
	"random_sharpness":             nothing,
	"solarization":                 nothing,
	"random_color_jitter":          nothing,
	"random_erasing":               nothing,
	"random_flip":                  nothing,
	"random_rotation":              nothing,
	"random_translation":           nothing,
	"random_zoom":                  nothing,
	"relu":                         relu,
	"relu6":                        activationOf("relu6"),
	"rescaling":                    rescaling,
	"reshape":                      reshape,
	"resizing":                     resizing,
	"selu":                         activationOf("selu"),
	"separable_conv2d":             separableConv2D,
	"sigmoid":                      activationOf("sigmoid"),
	"silu":                         activationOf("silu"),
	"softmax":                      activationOf("softmax"),
	"softplus":                     activationOf("softplus"),
	"softsign":                     activationOf("softsign"),
	"spatial_dropout2d":            nothing,
	"tanh":                         activationOf("tanh"),
	"unit_normalization":           unitNormalization,
	"up_sampling2d":                upSampling2D,
	"zero_padding2d":               zeroPadding2D,
}

func (l *Layer) text(option string) string       { return l.Options[option].(string) }
func (l *Layer) number(option string) float64    { return l.Options[option].(float64) }
func (l *Layer) pair(option string) catalog.Pair { return l.Options[option].(catalog.Pair) }

// nothing is for layers that are the identity in inference.
func nothing(*onnxGraph, *Layer) {}

// together converts the inputs of a merging layer to one layout and returns their names. The
// graph continues in that layout.
func (g *onnxGraph) together(l *Layer) (names []string) {
	for _, in := range g.inputs {
		g.onnxValue = in
		if len(l.Out) == 3 {
			g.toMaps()
		}
		names = append(names, g.at)
	}
	return names
}

// merge combines the inputs of a layer two by two, or all at once where the operator can.
func (g *onnxGraph) merge(l *Layer, op string) {
	names := g.together(l)
	if op == "Add" || op == "Mul" || op == "Sub" {
		at := names[0]
		for _, next := range names[1:] {
			at = g.node(op, nil, at, next)
		}
		g.at = at
		return
	}
	g.at = g.node(op, nil, names...)
}

func concatenate(g *onnxGraph, l *Layer) {
	names := g.together(l)
	axis := len(l.Out)
	if g.maps {
		axis = 1
	}
	g.at = g.node("Concat", attributes{"axis": axis}, names...)
}

// toMaps converts at to [N, C, H, W].
func (g *onnxGraph) toMaps() {
	if !g.maps {
		g.emit("Transpose", attributes{"perm": []int{0, 3, 1, 2}})
		g.maps = true
	}
}

// toLayers converts at to the layers' layout: [N, H, W, C].
func (g *onnxGraph) toLayers() {
	if g.maps {
		g.emit("Transpose", attributes{"perm": []int{0, 2, 3, 1}})
		g.maps = false
	}
}

// activate adds an activation function.
// activationOf adds a layer that is an activation function.
func activationOf(function string) func(*onnxGraph, *Layer) {
	return func(g *onnxGraph, _ *Layer) { g.activate(function) }
}

func (g *onnxGraph) activate(function string) {
	x := g.at
	switch function {
	case "linear":
	case "elu":
		g.emit("Elu", nil)
	case "gelu": // x·(1 + erf(x/√2))/2
		g.emit("Mul", nil, g.scalar("root", math.Sqrt(0.5)))
		g.emit("Erf", nil)
		g.emit("Add", nil, g.scalar("one", 1))
		g.emit("Mul", nil, x)
		g.emit("Mul", nil, g.scalar("half", 0.5))
	case "hard_sigmoid":
		g.emit("HardSigmoid", attributes{"alpha": 1. / 6, "beta": 0.5})
	case "hard_silu", "hard_swish":
		g.emit("HardSwish", nil)
	case "leaky_relu":
		g.emit("LeakyRelu", attributes{"alpha": 0.2})
	case "mish":
		g.emit("Softplus", nil)
		g.emit("Tanh", nil)
		g.emit("Mul", nil, x)
	case "relu6":
		g.emit("Clip", nil, g.scalar("min", 0), g.scalar("max", 6))
	case "selu":
		g.emit("Selu", nil)
	case "softplus":
		g.emit("Softplus", nil)
	case "softsign":
		g.emit("Softsign", nil)
	case "relu":
		g.emit("Relu", nil)
	case "sigmoid":
		g.emit("Sigmoid", nil)
	case "silu":
		g.emit("Sigmoid", nil)
		g.emit("Mul", nil, x)
	case "softmax":
		axis := -1
		if g.maps {
			axis = 1
		}
		g.emit("Softmax", attributes{"axis": axis})
	case "tanh":
		g.emit("Tanh", nil)
	default:
		panic("interop: ONNX export lacks the activation " + function)
	}
}

// window returns the attributes of a sliding window: strides, and padding [top, left,
// bottom, right].
func (l *Layer) window(size catalog.Pair) attributes {
	strides, pads, span := l.pair("strides"), []int{0, 0, 0, 0}, size
	if strides == (catalog.Pair{}) {
		strides = size
	}
	a := attributes{"kernel_shape": size[:], "strides": strides[:], "pads": pads}
	if dilation, ok := l.Options["dilation_rate"].(catalog.Pair); ok && dilation != (catalog.Pair{1, 1}) {
		a["dilations"] = dilation[:]
		span = catalog.Pair{(size[0]-1)*dilation[0] + 1, (size[1]-1)*dilation[1] + 1}
	}
	if l.text("padding") == "same" { // the odd one after
		for i := range 2 {
			zeros := max(0, (l.Out[i]-1)*strides[i]+span[i]-l.In[i])
			pads[i], pads[i+2] = zeros/2, zeros-zeros/2
		}
	}
	return a
}

func (g *onnxGraph) pool(op string, l *Layer) {
	g.toMaps()
	g.emit(op, l.window(l.pair("pool_size")))
}

func (g *onnxGraph) poolAll(op string, l *Layer) {
	g.toMaps()
	g.emit(op, nil)
	if keep := l.Options["keepdims"].(bool); !keep {
		g.emit("Flatten", nil)
		g.maps = false
	}
}

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

// relu is x up to the largest value where it is above the threshold, else slope·(x - threshold).
func relu(g *onnxGraph, l *Layer) {
	x, slope, threshold := g.at, l.number("negative_slope"), l.number("threshold")
	switch {
	case threshold != 0:
		g.emit("Sub", nil, g.scalar("threshold", threshold))
		g.emit("Mul", nil, g.scalar("slope", slope))
		below, above := g.at, g.node("Greater", nil, x, g.scalar("threshold", threshold))
		g.at = g.node("Where", nil, above, x, below)
	case slope != 0:
		g.emit("LeakyRelu", attributes{"alpha": slope})
	default:
		g.emit("Relu", nil)
	}
	if most := l.Options["max_value"].(catalog.Optional); len(most) > 0 {
		g.emit("Min", nil, g.scalar("max", most[0]))
	}
}

// prelu has slopes of the shape of one example, in the layout of maps if that is the input's.
func prelu(g *onnxGraph, l *Layer) {
	shape, alpha := l.Own[0].Shape, l.weight("alpha")
	if g.maps {
		shape, alpha = layer.Shape{shape[2], shape[0], shape[1]}, transposed(alpha, 1, shape[0]*shape[1], shape[2])
	}
	g.emit("PRelu", nil, g.tensor("alpha", shape, alpha))
}

// autoContrast leaves a channel of one value as it is.
func autoContrast(g *onnxGraph, l *Layer) {
	axes := []int{1, 2}
	if g.maps {
		axes = []int{2, 3}
	}
	x, of := g.at, l.Options["value_range"].(catalog.Range)
	low := g.node("ReduceMin", attributes{"axes": axes}, x)
	span := g.node("Sub", nil, g.node("ReduceMax", attributes{"axes": axes}, x), low)
	flat := g.node("Equal", nil, span, g.tensor("zero", []int{1}, []float32{0}))
	g.emit("Sub", nil, low)
	g.emit("Div", nil, span)
	g.emit("Mul", nil, g.tensor("range", []int{1}, []float32{float32(of[1] - of[0])}))
	g.emit("Add", nil, g.tensor("low", []int{1}, []float32{float32(of[0])}))
	g.at = g.node("Where", nil, flat, x, g.at)
}

func layerScale(g *onnxGraph, l *Layer) {
	shape := []int{l.Own[0].Shape[0]}
	if g.maps {
		shape = append(shape, 1, 1)
	}
	g.emit("Mul", nil, g.tensor("gamma", shape, l.weight("gamma")))
}

func dense(g *onnxGraph, l *Layer) {
	inputs := []string{g.tensor("kernel", l.Own[0].Shape, l.weight("kernel"))}
	if bias := l.weight("bias"); bias != nil {
		inputs = append(inputs, g.tensor("bias", []int{len(bias)}, bias))
	}
	g.emit("Gemm", nil, inputs...)
	g.activate(l.text("activation"))
}

func flatten(g *onnxGraph, l *Layer) {
	g.toLayers()
	if len(l.In) > 1 {
		g.emit("Reshape", nil, g.integers("shape", 0, -1))
	}
}

func batchNormalization(g *onnxGraph, l *Layer) {
	channels := l.In[len(l.In)-1]
	if len(l.In) == 3 {
		g.toMaps()
	}
	var inputs []string
	for _, w := range []struct {
		name    string
		missing float32
	}{{"gamma", 1}, {"beta", 0}, {"moving_mean", 0}, {"moving_variance", 0}} {
		data := l.weight(w.name)
		if data == nil {
			data = slices.Repeat([]float32{w.missing}, channels)
		}
		inputs = append(inputs, g.tensor(w.name, []int{channels}, data))
	}
	g.emit("BatchNormalization", attributes{"epsilon": l.number("epsilon")}, inputs...)
}

// layerNormalization normalizes the last axes, in the layout of layers.
func layerNormalization(g *onnxGraph, l *Layer) {
	g.toLayers()
	axis := l.Options["axis"].(catalog.Ints)
	shape := l.In[len(l.In)-len(axis):]
	scale := l.weight("gamma")
	if scale == nil {
		scale = slices.Repeat([]float32{1}, shape.Size())
	}
	inputs := []string{g.tensor("gamma", shape, scale)}
	if beta := l.weight("beta"); beta != nil {
		inputs = append(inputs, g.tensor("beta", shape, beta))
	}
	g.emit("LayerNormalization", attributes{"axis": -len(axis), "epsilon": l.number("epsilon")}, inputs...)
}

// groupNormalization is an InstanceNormalization with a group in place of a channel, since
// opset 17 has no other; then gamma and beta per channel.
func groupNormalization(g *onnxGraph, l *Layer) {
	channels, groups := l.In[len(l.In)-1], l.Options["groups"].(int)
	if groups < 0 {
		groups = channels
	}
	if len(l.In) == 3 {
		g.toMaps()
	}
	g.emit("Reshape", nil, g.integers("groups", 0, groups, -1))
	ones, zeros := slices.Repeat([]float32{1}, groups), make([]float32, groups)
	g.emit("InstanceNormalization", attributes{"epsilon": l.number("epsilon")}, g.tensor("ones", []int{groups}, ones), g.tensor("zeros", []int{groups}, zeros))
	shape := layer.Shape{channels}
	if len(l.In) == 3 {
		g.emit("Reshape", nil, g.integers("shape", 0, channels, l.In[0], l.In[1]))
		shape = layer.Shape{channels, 1, 1}
	} else {
		g.emit("Reshape", nil, g.integers("shape", append([]int{0}, l.In...)...))
	}
	if gamma := l.weight("gamma"); gamma != nil {
		g.emit("Mul", nil, g.tensor("gamma", shape, gamma))
	}
	if beta := l.weight("beta"); beta != nil {
		g.emit("Add", nil, g.tensor("beta", shape, beta))
	}
}

// normalization subtracts the mean and divides by the standard deviation, as Keras bounds it.
func normalization(g *onnxGraph, l *Layer) {
	channels := l.In[len(l.In)-1]
	shape := layer.Shape{channels}
	if g.maps {
		shape = layer.Shape{channels, 1, 1}
	}
	perChannel := func(option string) []float32 {
		if values := l.weight(option); values != nil {
			return values
		}
		given := l.Options[option].(catalog.Floats)
		values := make([]float32, channels)
		for c := range values {
			values[c] = float32(given[c%len(given)])
		}
		return values
	}
	mean, deviation := perChannel("mean"), slices.Clone(perChannel("variance"))
	for c, v := range deviation {
		deviation[c] = float32(max(math.Sqrt(float64(v)), 1e-7))
	}
	if l.Options["invert"].(bool) {
		g.emit("Mul", nil, g.tensor("deviation", shape, deviation))
		g.emit("Add", nil, g.tensor("mean", shape, mean))
		return
	}
	g.emit("Sub", nil, g.tensor("mean", shape, mean))
	g.emit("Div", nil, g.tensor("deviation", shape, deviation))
}

func unitNormalization(g *onnxGraph, l *Layer) {
	g.toLayers()
	var axes []int
	for i := range l.Options["axis"].(catalog.Ints) {
		axes = append(axes, -1-i)
	}
	x := g.at
	g.emit("ReduceL2", attributes{"axes": axes, "keepdims": 1})
	g.emit("Max", nil, g.scalar("epsilon", 1e-12))
	g.at = g.node("Div", nil, x, g.at)
}

// ONNX divides alpha by the number of channels in the sum.
func localResponseNormalization(g *onnxGraph, l *Layer) {
	g.toMaps()
	size := 2*l.Options["depth_radius"].(int) + 1
	g.emit("LRN", attributes{"size": size, "alpha": l.number("alpha") * float64(size), "beta": l.number("beta"), "bias": l.number("bias")})
}

func rescaling(g *onnxGraph, l *Layer) {
	g.emit("Mul", nil, g.scalar("scale", l.number("scale")))
	if offset := l.number("offset"); offset != 0 {
		g.emit("Add", nil, g.scalar("offset", offset))
	}
}

func zeroPadding2D(g *onnxGraph, l *Layer) {
	g.toMaps()
	p := l.Options["padding"].(catalog.Sides)
	g.emit("Pad", nil, g.integers("pads", 0, 0, p[0][0], p[1][0], 0, 0, p[0][1], p[1][1]))
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

func reshape(g *onnxGraph, l *Layer) {
	g.toLayers()
	g.emit("Reshape", nil, g.integers("shape", append([]int{0}, l.Out...)...))
}

func permute(g *onnxGraph, l *Layer) {
	g.toLayers()
	g.emit("Transpose", attributes{"perm": append([]int{0}, l.Options["dims"].(catalog.Ints)...)})
}

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
	rows, columns, top, left := layer.AspectCrop(h, w, height, width)
	g.crop(rows, columns, top, left)
	g.resize(l, rows, columns, "bilinear", false)
}

// centreCrop is random_crop in inference: the largest centred rectangle with the window's
// aspect ratio, resized to the window.
func centreCrop(g *onnxGraph, l *Layer) {
	g.toMaps()
	h, w := l.In[0], l.In[1]
	height := max(1, min(h, w*l.Out[0]/l.Out[1]))
	width := max(1, min(w, h*l.Out[1]/l.Out[0]))
	if height < h || width < w {
		top, left := (h-height)/2, (w-width)/2
		g.emit("Slice", nil, g.integers("starts", top, left), g.integers("ends", top+height, left+width), g.integers("axes", 2, 3))
	}
	if height != l.Out[0] || width != l.Out[1] {
		sizes := g.tensor("scales", []int{4}, []float32{1, 1, float32(l.Out[0]) / float32(height), float32(l.Out[1]) / float32(width)})
		g.emit("Resize", attributes{"mode": "linear", "coordinate_transformation_mode": "half_pixel"}, "", sizes)
	}
}
