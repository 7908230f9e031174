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
	"mix_up":                       nothing,
	"cut_mix":                      nothing,
	"mish":                         activationOf("mish"),
	"normalization":                normalization,
	"permute":                      permute,
	"prelu":                        prelu,
	"rand_augment":                 nothing,
	"random_brightness":            nothing,
	"random_color_degeneration":    nothing,
	"random_contrast":              nothing,
	"random_crop":                  randomCrop,
	"random_grayscale":             nothing,
	"random_hue":                   nothing,
	"random_posterization":         nothing,
	"random_saturation":            nothing,
	"random_sharpness":             nothing,
	"random_shear":                 nothing,
	"solarization":                 nothing,
	"equalization":                 nothing,
	"random_color_jitter":          nothing,
	"random_erasing":               nothing,
	"random_flip":                  nothing,
	"random_rotation":              nothing,
	"random_translation":           nothing,
	"random_zoom":                  nothing,
	"relu":                         relu,
	"relu6":                        activationOf("relu6"),
	"rescaling":                    rescaling,
	"rgb_to_bgr":                   rgbToBGR,
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

// PoolsMoreAfter reports whether l is a pooling layer whose windows are padded more at the end
// than in front, which no layer of PyTorch does.
func (l *Layer) PoolsMoreAfter() bool {
	if l.Options["pool_size"] == nil {
		return false
	}
	pads := l.window(l.pair("pool_size"))["pads"].([]int)
	return pads[0] != pads[2] || pads[1] != pads[3]
}

// AveragesBorders reports whether l is an average pooling layer with padding, whose zeros do not count
// in the mean.
func (l *Layer) AveragesBorders() bool {
	return l.Name == "average_pooling2d" && slices.Max(l.window(l.pair("pool_size"))["pads"].([]int)) > 0
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

func reshape(g *onnxGraph, l *Layer) {
	g.toLayers()
	g.emit("Reshape", nil, g.integers("shape", append([]int{0}, l.Out...)...))
}

// PutsChannelsFirst reports whether l gives a map the order of PyTorch: [C H W].
func (l *Layer) PutsChannelsFirst() bool {
	return l.Name == "permute" && slices.Equal(l.Options["dims"].(catalog.Ints), catalog.Ints{3, 1, 2})
}

func permute(g *onnxGraph, l *Layer) {
	g.toLayers()
	g.emit("Transpose", attributes{"perm": append([]int{0}, l.Options["dims"].(catalog.Ints)...)})
}
