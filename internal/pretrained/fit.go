package pretrained

import (
	"slices"
	"strconv"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
)

// A source is a tensor of a file for one weight of a layer.
type source struct {
	tensor checkpoint.Stored
	turn   func(values []float32) []float32 // conversion to the layout of the weight; nil: none
}

// torchNames is what PyTorch's modules call the weights of Keras's layers.
var torchNames = map[string][]string{
	"kernel": {"weight"}, "depthwise_kernel": {"weight"}, "bias": {"bias"}, "alpha": {"weight"},
	"gamma": {"weight", "gamma", "layer_scale"}, "beta": {"bias"},
	"moving_mean": {"running_mean"}, "moving_variance": {"running_var"},
	"mean": {"mean"}, "variance": {"variance"},
}

// fit matches all weights of layer l to all of m. from is what l's input was flattened from.
func (m *module) fit(f Format, l *interop.Layer, from []layer.Shape) (sources []source, ok bool) {
	if len(l.Own) != len(m.tensors) {
		return nil, false
	}
	for i, w := range l.Own {
		if f == Keras && w.Name == interop.CountName { // an integer in the file, without a use
			sources = append(sources, source{tensor: checkpoint.Stored{Name: w.Name, Shape: w.Shape, Read: noCount}})
			continue
		}
		t, ok := m.tensor(w.Name)
		switch {
		case f.channelsFirst():
			t, ok = m.tensor(torchNames[w.Name]...)
		case !ok && w.Name == "kernel":
			t, ok = m.tensor("depthwise_kernel") // Keras 2's DepthwiseConv2D
		}
		if !ok && f == Keras {
			t, ok = m.tensor(strconv.Itoa(i))
		}
		if !ok && f == Keras && len(m.tensors) == 1 && torchNames[m.tensors[0].Name] == nil {
			t, ok = m.tensors[0], true // without a name of Keras's: "variable_12" of a LayerScale
		}
		if !ok || t.Read == nil {
			return nil, false
		}
		turn, ok := turned(t.Shape, w.Shape, f.channelsFirst(), l.Type == "DepthwiseConv2D")
		if !ok {
			return nil, false
		}
		if f.channelsFirst() && from != nil && w.Name != "bias" {
			turn = then(turn, channelsLast(from, w.Shape.Size()/w.Shape[0]))
		}
		sources = append(sources, source{t, turn})
	}
	return sources, true
}

func noCount() ([]float32, error) { return []float32{0}, nil }

// turned returns the conversion of a tensor of shape have to a weight of shape want, and whether
// there is one.
func turned(have []int, want layer.Shape, channelsFirst, depthwise bool) (turn func([]float32) []float32, ok bool) {
	if !channelsFirst {
		// A Dense layer on maps is a 1x1 convolution here.
		same := slices.Equal(have, []int(want)) || depthwise && slices.Equal(have, []int{want[0], want[1], 1, want[2] * want[3]}) || // in groups of one channel
			len(want) == 4 && want[0]*want[1] == 1 && slices.Equal(have, []int(want[2:]))
		return nil, same
	}
	have = slices.Clone(have)
	switch {
	case len(want) == 4 && len(have) == 2, len(want) == 2 && len(have) == 4 && have[2]*have[3] == 1:
		// [out in] is [out in 1 1].
		rows, columns := want[len(want)-2], want[len(want)-1]
		return transpose(columns, rows), have[0] == columns && have[1] == rows && want.Size() == rows*columns
	case len(want) == 4 && len(have) == 4 && depthwise: // [in*multiplier 1 h w]
		return transpose(have[0], have[2]*have[3]), slices.Equal(have, []int{want[2] * want[3], 1, want[0], want[1]})
	case len(want) == 4 && len(have) == 4: // [out in h w], which is also [in out h w] of a transposed convolution
		// [out in][h w] to [h w][out in], then transpose out and in.
		spot, in, out := want[0]*want[1], want[2], want[3]
		turn := then(transpose(in*out, spot), func(v []float32) []float32 {
			for at := 0; at < len(v); at += in * out {
				copy(v[at:at+in*out], transpose(out, in)(v[at:at+in*out]))
			}
			return v
		})
		return turn, slices.Equal(have, []int{out, in, want[0], want[1]})
	case len(want) == 3 && len(have) == 1: // PReLU, with a slope for each channel or one for all
		return nil, want[0]*want[1] == 1 && have[0] == want[2]
	case len(want) == 3: // LayerNorm([C, H, W])
		return channelsLast([]layer.Shape{want}, 1), slices.Equal(have, []int{want[2], want[0], want[1]})
	case len(want) == 2:
		return transpose(want[1], want[0]), slices.Equal(have, []int{want[1], want[0]})
	case len(want) == 1:
		for len(have) > 1 && have[len(have)-1] == 1 {
			have = have[:len(have)-1] // layer scale: [channels 1 1]
		}
		return nil, slices.Equal(have, []int(want))
	}
	return nil, slices.Equal(have, []int(want))
}

// transpose returns a function that transposes a matrix of rows x columns.
func transpose(rows, columns int) func([]float32) []float32 {
	return func(v []float32) []float32 {
		out := make([]float32, len(v))
		for r := range rows {
			for c := range columns {
				out[c*rows+r] = v[r*columns+c]
			}
		}
		return out
	}
}

// channelsLast reorders the rows of a matrix, of width columns, that belong to flattened values:
// those of maps from [C H W] to [H W C].
func channelsLast(from []layer.Shape, width int) func([]float32) []float32 {
	return func(v []float32) []float32 {
		out := slices.Clone(v)
		at := 0
		for _, shape := range from {
			if len(shape) == 3 {
				spots, channels := shape[0]*shape[1], shape[2]
				for c := range channels {
					for s := range spots {
						copy(out[at+(s*channels+c)*width:][:width], v[at+(c*spots+s)*width:])
					}
				}
			}
			at += shape.Size() * width
		}
		return out
	}
}

// then returns second after first, which may be nil.
func then(first, second func([]float32) []float32) func([]float32) []float32 {
	if first == nil {
		return second
	}
	return func(v []float32) []float32 { return second(first(v)) }
}
