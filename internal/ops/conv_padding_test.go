package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	"cnntrain/internal/machine/machinetest"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A convolution reads the input of a padding in its place, with the same results.
func TestConvolutionsReadThroughPadding(t *testing.T) {
	t.Run("depthwise_conv2d", func(t *testing.T) { testReadsThroughPadding(t, DepthwiseConv2D, 5, 1) })
	t.Run("conv2d", func(t *testing.T) { testReadsThroughPadding(t, Conv2D, 5, 4) })
	t.Run("conv2d of many channels", func(t *testing.T) { testReadsThroughPadding(t, Conv2D, 32, 32) })
}

func testReadsThroughPadding(t *testing.T, conv func(x, w, b *G.Node, c Conv) *G.Node, channels, filters int) {
	outputs := filters
	if filters == 1 {
		outputs = channels
	}
	for _, c := range []struct {
		rows, columns [2]int
		strides       [2]int
		same, fused   bool
	}{
		{[2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, false, true},
		{[2]int{0, 1}, [2]int{0, 1}, [2]int{2, 2}, false, true},
		{[2]int{2, 0}, [2]int{1, 2}, [2]int{1, 2}, false, true},
		{[2]int{1, 0}, [2]int{0, 1}, [2]int{2, 1}, true, true},
		{[2]int{3, 0}, [2]int{0, 0}, [2]int{1, 1}, false, false}, // a window lies in the padding alone
		{[2]int{0, 0}, [2]int{0, 4}, [2]int{1, 1}, false, false},
	} {
		var results [2][]float32
		for i := range results {
			g := G.NewGraph()
			node := func(name string, shape ...int) *G.Node {
				values := make([]float32, tensor.Shape(shape).TotalSize())
				r := rand.New(rand.NewPCG(uint64(len(name)), 3))
				for j := range values {
					values[j] = float32(r.NormFloat64())
				}
				v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
				return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
			}
			x, w, b := node("x", 2, 7, 6, channels), node("ww", 3, 3, channels, filters), node("bbb", outputs)
			padded := Pad2D(x, c.rows, c.columns)
			if i == 1 {
				padded = Fork(padded)
			}
			y := conv(padded, w, b, Conv{Strides: c.strides, Same: c.same})
			if fused := y.Op().(*op).inputs[0] == x; fused != (c.fused && i == 0) {
				t.Errorf("%+v: reads the input of the padding: %v", c, fused)
			}
			dx, err := G.Grad(weightedSum(y, node("weights", y.Shape()...)), x, w)
			if err != nil {
				t.Fatal(err)
			}
			vm := machinetest.New(t, append([]*G.Node{y}, dx...)...)
			for _, n := range append([]*G.Node{y}, dx...) {
				results[i] = append(results[i], machinetest.Floats(vm.Value(n))...)
			}
		}
		for i, v := range results[0] {
			if math.Abs(float64(v-results[1][i])) > 1e-4*(1+math.Abs(float64(v))) {
				t.Errorf("%+v: value %d is %v, with padding %v", c, i, v, results[1][i])
				break
			}
		}
	}
}
