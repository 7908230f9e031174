package builder

import "testing"

// By default Grad-CAM looks at the last maps that come from a convolution.
func TestGradCAMLooksAtTheLastConvolution(t *testing.T) {
	const head = "input: [8, 8, 3]\nlayers:\n  - conv2d: {filters: 4, kernel_size: 3, padding: same}\n"
	const end = "  - global_average_pooling2d\n  - dense: {units: 2, activation: softmax}\n"
	for layers, want := range map[string]string{
		"": "conv2d",
		"  - batch_normalization\n  - relu\n  - max_pooling2d\n":                                                                  "relu",
		"  - residual: [conv2d: {filters: 4, kernel_size: 3, padding: same}, batch_normalization]\n  - relu\n  - max_pooling2d\n": "relu",
		"  - add: [[conv2d: {filters: 4, kernel_size: 3, padding: same}], [conv2d: {filters: 4, kernel_size: 1}]]\n":              "add",
		"  - relu\n  - multiply: [[], [global_average_pooling2d: {keepdims: true}, conv2d: {filters: 4, kernel_size: 1}]]\n":      "relu",
	} {
		p := plan(t, head+layers+end)
		at, err := p.maps("")
		if err != nil || p.Layers[at].Label != want {
			t.Errorf("%q: %v, %v, want %s", layers, p.Layers[at].Label, err, want)
			continue
		}
		heat, err := p.NewModel(1).GradCAM(make([]float32, 8*8*3), 1, "")
		if err != nil || heat.H*heat.W != len(heat.Values) || heat.H != 8 {
			t.Errorf("%q: %+v, %v", layers, heat, err)
		}
	}
}
