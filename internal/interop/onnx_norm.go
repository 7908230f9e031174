package interop

import (
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"math"
	"slices"
)

func batchNormalization(g *onnxGraph, l *Layer) {
	channels := l.In[len(l.In)-1]
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
	g.channelsFirst(l, func() {
		g.emit("BatchNormalization", attributes{"epsilon": l.number("epsilon")}, inputs...)
	})
}

// channelsFirst calls add with the channels in the axis after the batch, where ONNX has them for any
// number of axes. The layers' layout has the two of a matrix the other way round.
func (g *onnxGraph) channelsFirst(l *Layer, add func()) {
	switch len(l.In) {
	case 1:
		add()
	case 2:
		g.emit("Transpose", attributes{"perm": []int{0, 2, 1}})
		add()
		g.emit("Transpose", attributes{"perm": []int{0, 2, 1}})
	case 3:
		g.toMaps()
		add()
	}
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
	g.channelsFirst(l, func() {
		g.emit("Reshape", nil, g.integers("groups", 0, groups, -1))
		ones, zeros := slices.Repeat([]float32{1}, groups), make([]float32, groups)
		g.emit("InstanceNormalization", attributes{"epsilon": l.number("epsilon")}, g.tensor("ones", []int{groups}, ones), g.tensor("zeros", []int{groups}, zeros))
		pixels := l.In[:len(l.In)-1]
		g.emit("Reshape", nil, g.integers("shape", append([]int{0, channels}, pixels...)...))
		shape := append(layer.Shape{channels}, slices.Repeat(layer.Shape{1}, len(pixels))...)
		if gamma := l.weight("gamma"); gamma != nil {
			g.emit("Mul", nil, g.tensor("gamma", shape, gamma))
		}
		if beta := l.weight("beta"); beta != nil {
			g.emit("Add", nil, g.tensor("beta", shape, beta))
		}
	})
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

// ONNX divides alpha by the number of channels in the sum. onnxruntime has the operator for maps alone, so
// other shapes become maps of one column.
func localResponseNormalization(g *onnxGraph, l *Layer) {
	size, channels := 2*l.Options["depth_radius"].(int)+1, l.In[len(l.In)-1]
	g.channelsFirst(l, func() {
		if !g.maps {
			g.emit("Reshape", nil, g.integers("column", 0, channels, -1, 1))
		}
		g.emit("LRN", attributes{"size": size, "alpha": l.number("alpha") * float64(size), "beta": l.number("beta"), "bias": l.number("bias")})
		if !g.maps {
			g.emit("Reshape", nil, g.integers("shape", append([]int{0, channels}, l.In[:len(l.In)-1]...)...))
		}
	})
}
