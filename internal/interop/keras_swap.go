package interop

import (
	"bytes"
	"encoding/json"

	"cnntrain/internal/checkpoint"
)

// rgb_to_bgr is a convolution in Keras, whose initializer says which: the kernel of ones and
// zeros that exchanges the first channel with the last.

var exchange = [][][][]int{{{{0, 0, 1}, {0, 1, 0}, {1, 0, 0}}}}

// exchanged returns the weights of the layer, for a file in which it is an operation without any.
func exchanged(layer string) kerasWeights {
	t := checkpoint.Tensor{Name: "kernel", Shape: []int{1, 1, 3, 3}}
	for _, row := range exchange[0][0] {
		for _, v := range row {
			t.Data = append(t.Data, float32(v))
		}
	}
	return kerasWeights{layer: layer, tensors: []checkpoint.Tensor{t}}
}

// swapConfig returns the options of that convolution.
func swapConfig() map[string]any {
	return map[string]any{
		"filters": 3, "kernel_size": []int{1, 1}, "use_bias": false, "activation": "linear",
		"kernel_initializer": object{Module: "keras.initializers", Class: "Constant", Config: map[string]any{"value": exchange}},
	}
}

// isSwap reports whether l is that convolution.
func isSwap(l *kerasLayer) bool {
	class, options, ok := thing(l.config["kernel_initializer"])
	if l.class != "Conv2D" || !ok || class != "Constant" || l.config["trainable"] != false || l.config["use_bias"] != false {
		return false
	}
	value, _ := json.Marshal(options["value"])
	want, _ := json.Marshal(exchange)
	return bytes.Equal(value, want)
}
