package builder

import (
	"slices"
	"strings"
	"testing"
)

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

// Any layer with maps can be asked for, also one that is computed by the op of a later layer: the values are
// those of the same model with layers between that change nothing but that no op is fused.
func TestGradCAMOfEachLayer(t *testing.T) {
	const text = `input: [8, 8, 3]
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same}
  #
  - relu
  - conv2d: {filters: 4, kernel_size: 3, padding: same}
  - batch_normalization
  #
  - relu
  - residual:
      - conv2d: {filters: 4, kernel_size: 3, padding: same}
      - batch_normalization
      #
  #
  - relu
  - add: [[batch_normalization], [conv2d: {filters: 4, kernel_size: 1}]]
  - batch_normalization
  #
  - silu
  - depthwise_conv2d: 3
  #
  - relu
  - global_average_pooling2d
  - dense: {units: 2, activation: softmax}
`
	p, apart := plan(t, text), plan(t, strings.ReplaceAll(text, " #", " - rescaling: {scale: 1}")).NewModel(1)
	image := make([]float32, 8*8*3)
	for i := range image {
		image[i] = float32(i * 37 % 256)
	}
	m, asked, zero := p.NewModel(1), 0, 0
	for i, w := range m.Weights() {
		copy(apart.Weights()[i].Data, w.Data) // those drawn depend on the place of a layer
	}
	for _, l := range p.Layers {
		if len(l.Out) != 3 {
			continue
		}
		asked++
		heat, err := m.GradCAM(image, 1, l.Label)
		if err != nil || heat.Layer != l.Label || heat.H*heat.W != len(heat.Values) {
			t.Errorf("%s: %+v, %v", l.Label, heat, err)
			continue
		}
		if want, err := apart.GradCAM(image, 1, l.Label); err != nil || !slices.Equal(heat.Values, want.Values) {
			t.Errorf("%s: %v, %v, want %v", l.Label, heat.Values, err, want)
		}
		if slices.Max(heat.Values) == 0 {
			zero++
		}
	}
	if asked != 16 || zero > asked/2 {
		t.Errorf("%d layers have maps, %d of them no evidence", asked, zero)
	}
}
