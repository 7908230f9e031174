package builder

import (
	"math"
	"strings"
	"testing"

	"cnntrain/internal/random"
)

// A folded model has the same outputs but for rounding, and no step for what is folded.
func TestFoldedModelPredictsTheSame(t *testing.T) {
	p := plan(t, `input: [9, 8, 3]
layers:
  - conv2d: {filters: 6, kernel_size: 3, padding: same, use_bias: false}
  - batch_normalization
  - relu
  - conv2d: {filters: 8, kernel_size: 3, groups: 2, padding: same}
  - batch_normalization: {scale: false}
  - relu6
  - depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2, strides: 2, padding: same}
  - batch_normalization: {center: false}
  - silu
  - residual:
      - conv2d: {filters: 16, kernel_size: 3, padding: same}
      - batch_normalization: {center: false, scale: false, epsilon: 0.1}
  - relu
  - conv2d: {filters: 5, kernel_size: 1, activation: tanh}  # with an activation: stays
  - batch_normalization
  - separable_conv2d: {filters: 4, kernel_size: 3}          # two kernels: stays
  - batch_normalization
  - conv2d: {filters: 4, kernel_size: 1}                    # read twice: stays
  - add: [[batch_normalization], []]
  - flatten
  - dense: 12
  - batch_normalization
  - dense: {units: 3, activation: softmax}
`)
	m := p.NewModel(1)
	for i, w := range m.Weights() {
		stream := random.New(uint64(i))
		for k := range w.Data {
			w.Data[k] += float32(stream.Float64(uint64(k))) - 0.3
			if strings.HasSuffix(w.Name, "moving_variance") {
				w.Data[k] = 0.2 + w.Data[k]*w.Data[k]
			}
		}
	}
	const n = 3
	images := make([]float32, n*9*8*3)
	for i := range images {
		images[i] = float32(i*37%256) / 64
	}
	evaluate := func() (loss float32, probabilities []float32, norms int) {
		loss, probabilities, err := m.Evaluate(images, []int{0, 2, 1})
		if err != nil {
			t.Fatal(err)
		}
		costs, err := m.Costs(n, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range costs {
			if strings.HasPrefix(c.Op, "batch_norm") {
				norms++
			}
		}
		return loss, append([]float32(nil), probabilities...), norms
	}
	wantLoss, want, before := evaluate()
	m.Fold()
	loss, got, after := evaluate()
	if before != 8 || after != 3 {
		t.Errorf("%d normalizations before, %d after, want 8 and 3", before, after)
	}
	if math.Abs(float64(loss-wantLoss)) > 1e-5*float64(wantLoss) {
		t.Errorf("loss %v, want %v", loss, wantLoss)
	}
	for i, p := range got {
		if math.Abs(float64(p-want[i])) > 1e-5 {
			t.Errorf("probability %d is %v, want %v", i, p, want[i])
		}
	}
}
