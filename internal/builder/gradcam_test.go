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

// Any layer with maps can be asked for, also one that is computed by the op of a later layer.
func TestGradCAMOfEachLayer(t *testing.T) {
	p := plan(t, `input: [8, 8, 3]
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same}
  - relu
  - conv2d: {filters: 4, kernel_size: 3, padding: same}
  - batch_normalization
  - relu
  - residual:
      - conv2d: {filters: 4, kernel_size: 3, padding: same}
      - batch_normalization
  - relu
  - add: [[batch_normalization], [conv2d: {filters: 4, kernel_size: 1}]]
  - depthwise_conv2d: 3
  - relu
  - global_average_pooling2d
  - dense: {units: 2, activation: softmax}
`)
	image := make([]float32, 8*8*3)
	for i := range image {
		image[i] = float32(i * 37 % 256)
	}
	m, asked := p.NewModel(1), 0
	for _, l := range p.Layers {
		if len(l.Out) != 3 {
			continue
		}
		asked++
		heat, err := m.GradCAM(image, 1, l.Label)
		if err != nil || heat.Layer != l.Label || heat.H*heat.W != len(heat.Values) {
			t.Errorf("%s: %+v, %v", l.Label, heat, err)
		}
	}
	if asked != 14 {
		t.Errorf("%d layers have maps", asked)
	}
}
