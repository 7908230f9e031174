package interop

import (
	"bytes"
	"encoding/json"
)

// rgb_to_bgr is a convolution in Keras, whose initializer says which: the kernel of ones and
// zeros that exchanges the first channel with the last.

var exchange = [][][][]int{{{{0, 0, 1}, {0, 1, 0}, {1, 0, 0}}}}

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
