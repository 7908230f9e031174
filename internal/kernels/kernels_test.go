package kernels

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A kernelCase is a call of one kernel with sizes that give several parts and odd
// remainders. The suite below applies to each of them.
type kernelCase struct {
	name    string
	out, in []int // lengths of the outputs, some of which may be inputs too, and inputs
	anySize bool  // the size is the length of the first output (of the input, if there is none)
	run     func(out, in [][]float32)
}

func kernelCases() []kernelCase {
	const long = 2*grain + 123
	conv := NewConv(5, 9, 11, 3, 7, 3, 4, 2, 1, true)
	wino := NewConv(5, 7, 8, 17, 35, 3, 3, 1, 1, true) // by Winograd's algorithm
	wx, ww, wy := wino.lens()
	grouped := NewDilatedConv(5, 9, 11, 6, 8, 3, 2, 1, 1, 2, 3, true)
	grouped.Groups = 2
	gx, gw, gy := grouped.lens()
	x, w, y := 5*9*11*3, 3*4*3*7, 5*conv.OH*conv.OW*7
	pool := NewPool(5, 9, 11, 3, 3, 2, 2, 1, true)
	pooled := 5 * pool.OH * pool.OW * 3
	warp := Warp{N: 5, H: 9, W: 11, C: 3, OH: 6, OW: 4}
	const n, f, u, c = 5, 37, 43, 10
	colors := Colors{N: n, Pixels: f, C: c, Low: 0.1, High: 2}
	rows := 2*rowsPerPart(c) + 7
	group := GroupNorm{N: 8, Pixels: 700, C: c, Groups: 5, Epsilon: 0.001}
	layerNorm := GroupNorm{N: rows, Pixels: 1, C: 48, Groups: 1, Epsilon: 0.001}
	standardizer := NewStandardizer(c)
	standardizer.Set([]float32{2}, []float32{3}, false)
	resize := NewResize(5, 9, 11, 3, 6, 14, Interpolation{Method: "lanczos3", Antialias: true})
	permutation := Permutation{N: 5, In: [3]int{9, 11, 3}, Order: [3]int{2, 0, 1}}
	rectifier := Rectifier{Max: 1, Slope: 0.1, Threshold: 0.2}
	slopes := make([]int32, f)
	for i := range slopes {
		slopes[i] = int32(i % 3)
	}
	norm := BatchNorm{N: 2*sumBlock + 37, C: c, Epsilon: 0.001, ReLU: true}
	depthwise := Depthwise{Pool: pool, M: 2}
	deep := NewDepthwise(5, 9, 11, 37, 1, 5, 3, 2, 2, 1, 1, true)
	deepX, deepW, deepY := deep.conv().lens()
	padding := Padding{5, 9, 11, 3, 1, 2, 4, 0}
	local := LocalResponseNorm{rows, c, 2, 1, 0.5, 0.75}
	return []kernelCase{
		{"Conv2D", []int{y}, []int{x, w, 7}, false, func(out, in [][]float32) { Conv2D(out[0], in[0], in[1], in[2], conv) }},
		{"Conv2DGradX", []int{x}, []int{y, w}, false, func(out, in [][]float32) { Conv2DGradX(out[0], in[0], in[1], conv) }},
		{"Conv2DGradW", []int{w}, []int{x, y}, false, func(out, in [][]float32) { Conv2DGradW(out[0], in[0], in[1], conv) }},
		{"Conv2D", []int{wy}, []int{wx, ww, 35}, false, func(out, in [][]float32) { Conv2D(out[0], in[0], in[1], in[2], wino) }},
		{"Conv2DGradX", []int{wx}, []int{wy, ww}, false, func(out, in [][]float32) { Conv2DGradX(out[0], in[0], in[1], wino) }},
		{"Conv2DGradW", []int{ww}, []int{wx, wy}, false, func(out, in [][]float32) { Conv2DGradW(out[0], in[0], in[1], wino) }},
		{"Conv2D", []int{gy}, []int{gx, gw, 8}, false, func(out, in [][]float32) { Conv2D(out[0], in[0], in[1], in[2], grouped) }},
		{"Conv2DGradX", []int{gx}, []int{gy, gw}, false, func(out, in [][]float32) { Conv2DGradX(out[0], in[0], in[1], grouped) }},
		{"Conv2DGradW", []int{gw}, []int{gx, gy}, false, func(out, in [][]float32) { Conv2DGradW(out[0], in[0], in[1], grouped) }},
		{"MaxPool2D", []int{pooled}, []int{x}, false, func(out, in [][]float32) { MaxPool2D(out[0], in[0], pool) }},
		{"MaxPool2DGrad", []int{x, pooled}, []int{x, pooled}, false, func(out, in [][]float32) {
			MaxPool2D(out[1], in[0], pool)
			MaxPool2DGrad(out[0], in[0], out[1], in[1], pool)
		}},
		{"Dense", []int{n * u}, []int{n * f, f * u, u}, false, func(out, in [][]float32) { Dense(out[0], in[0], in[1], in[2], n, f, u, false) }},
		{"DenseGradX", []int{n * f}, []int{n * u, f * u}, false, func(out, in [][]float32) { DenseGradX(out[0], in[0], in[1], n, f, u) }},
		{"DenseGradW", []int{f * u}, []int{n * f, n * u}, false, func(out, in [][]float32) { DenseGradW(out[0], in[0], in[1], n, f, u) }},
		{"SumRows", []int{u}, []int{(3*sumBlock + 5) * u}, false, func(out, in [][]float32) { SumRows(out[0], in[0], 3*sumBlock+5, u) }},
		{"BatchNorm.Moments", []int{c, c}, []int{norm.N * c}, false, func(out, in [][]float32) { norm.Moments(out[0], out[1], in[0]) }},
		{"BatchNorm.Apply", []int{norm.N * c}, []int{norm.N * c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.Apply(out[0], in[0], in[1], in[2], in[3], in[4])
		}},
		{"BatchNorm.ApplyAdd", []int{norm.N * c}, []int{norm.N * c, norm.N * c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.ApplyAdd(out[0], in[0], in[1], in[2], in[3], in[4], in[5])
		}},
		{"BatchNorm.ApplyThen", []int{norm.N * c}, []int{norm.N * c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.ApplyThen(out[0], in[0], in[1], in[2], in[3], in[4], SiLU)
		}},
		{"BatchNorm.GradThen", []int{norm.N * c}, []int{norm.N * c, norm.N * c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.GradThen(out[0], in[0], in[1], in[2], in[3], in[4], in[5], SiLUGrad)
		}},
		{"BatchNorm.GradSums", []int{c, c}, []int{norm.N * c, norm.N * c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.GradSums(out[0], out[1], in[0], in[1], in[2], in[3], in[4], in[5])
		}},
		{"BatchNorm.Grad", []int{norm.N * c}, []int{norm.N * c, norm.N * c, c, c, c, c, c, c}, false, func(out, in [][]float32) {
			norm.Grad(out[0], in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7])
		}},
		{"MoveAverage", []int{long}, []int{long}, true, func(out, in [][]float32) { MoveAverage(out[0], in[0], 0.99) }},
		{"AveragePool2D", []int{pooled}, []int{x}, false, func(out, in [][]float32) { AveragePool2D(out[0], in[0], pool) }},
		{"AveragePool2DGrad", []int{x}, []int{pooled}, false, func(out, in [][]float32) { AveragePool2DGrad(out[0], in[0], pool) }},
		{"DepthwiseConv2D", []int{2 * pooled}, []int{x, 3 * 2 * 3 * 2, 3 * 2}, false, func(out, in [][]float32) {
			DepthwiseConv2D(out[0], in[0], in[1], in[2], depthwise)
		}},
		{"DepthwiseConv2DGradX", []int{x}, []int{2 * pooled, 3 * 2 * 3 * 2}, false, func(out, in [][]float32) {
			DepthwiseConv2DGradX(out[0], in[0], in[1], depthwise)
		}},
		{"DepthwiseConv2DGradW", []int{3 * 2 * 3 * 2}, []int{x, 2 * pooled}, false, func(out, in [][]float32) {
			DepthwiseConv2DGradW(out[0], in[0], in[1], depthwise)
		}},
		{"DepthwiseConv2D", []int{deepY}, []int{deepX, deepW, 37}, false, func(out, in [][]float32) {
			DepthwiseConv2D(out[0], in[0], in[1], in[2], deep)
		}},
		{"DepthwiseConv2DGradX", []int{deepX}, []int{deepY, deepW}, false, func(out, in [][]float32) {
			DepthwiseConv2DGradX(out[0], in[0], in[1], deep)
		}},
		{"DepthwiseConv2DGradW", []int{deepW}, []int{deepX, deepY}, false, func(out, in [][]float32) {
			DepthwiseConv2DGradW(out[0], in[0], in[1], deep)
		}},
		{"GlobalMaxPool", []int{5 * 3}, []int{x}, false, func(out, in [][]float32) { GlobalMaxPool(out[0], in[0], 5, 99, 3) }},
		{"GlobalMaxPoolGrad", []int{x}, []int{x, 5 * 3, 5 * 3}, false, func(out, in [][]float32) {
			GlobalMaxPoolGrad(out[0], in[0], in[1], in[2], 5, 99, 3)
		}},
		{"Pad2D", []int{5 * 12 * 15 * 3}, []int{x}, false, func(out, in [][]float32) { Pad2D(out[0], in[0], padding) }},
		{"Crop2D", []int{x}, []int{5 * 12 * 15 * 3}, false, func(out, in [][]float32) { Crop2D(out[0], in[0], padding) }},
		{"LocalResponseNorm.Apply", []int{rows * c}, []int{rows * c}, false, func(out, in [][]float32) { local.Apply(out[0], in[0]) }},
		{"LocalResponseNorm.Grad", []int{rows * c}, []int{rows * c, rows * c}, false, func(out, in [][]float32) {
			local.Grad(out[0], in[0], in[1])
		}},
		{"ReLUGradSumRows", []int{u, (sumBlock + 5) * u}, []int{(sumBlock + 5) * u}, false, func(out, in [][]float32) {
			ReLUGradSumRows(out[0], out[1], in[0], sumBlock+5, u)
		}},
		{"ReLU", []int{long}, []int{long}, true, func(out, in [][]float32) { ReLU(out[0], in[0]) }},
		{"ReLUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { ReLUGrad(out[0], in[0], in[1]) }},
		{"AddReLU", []int{long}, []int{long, long}, true, func(out, in [][]float32) { AddReLU(out[0], in[0], in[1]) }},
		{"ReLUGradOfSum", []int{long}, []int{long, long, long}, true, func(out, in [][]float32) {
			ReLUGradOfSum(out[0], in[0], in[1], in[2])
		}},
		{"Sigmoid", []int{long}, []int{long}, true, func(out, in [][]float32) { Sigmoid(out[0], in[0]) }},
		{"SigmoidGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { SigmoidGrad(out[0], in[0], in[1]) }},
		{"Tanh", []int{long}, []int{long}, true, func(out, in [][]float32) { Tanh(out[0], in[0]) }},
		{"TanhGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { TanhGrad(out[0], in[0], in[1]) }},
		{"SiLU", []int{long}, []int{long}, true, func(out, in [][]float32) { SiLU(out[0], in[0]) }},
		{"SiLUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { SiLUGrad(out[0], in[0], in[1]) }},
		{"GELU", []int{long}, []int{long}, true, func(out, in [][]float32) { GELU(out[0], in[0]) }},
		{"GELUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { GELUGrad(out[0], in[0], in[1]) }},
		{"ELU", []int{long}, []int{long}, true, func(out, in [][]float32) { ELU(out[0], in[0], 0.3) }},
		{"ELUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { ELUGrad(out[0], in[0], in[1], 0.3) }},
		{"LeakyReLU", []int{long}, []int{long}, true, func(out, in [][]float32) { LeakyReLU(out[0], in[0], 0.3) }},
		{"LeakyReLUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { LeakyReLUGrad(out[0], in[0], in[1], 0.3) }},
		{"HardSigmoid", []int{long}, []int{long}, true, func(out, in [][]float32) { HardSigmoid(out[0], in[0]) }},
		{"HardSigmoidGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { HardSigmoidGrad(out[0], in[0], in[1]) }},
		{"HardSiLU", []int{long}, []int{long}, true, func(out, in [][]float32) { HardSiLU(out[0], in[0]) }},
		{"HardSiLUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { HardSiLUGrad(out[0], in[0], in[1]) }},
		{"Softplus", []int{long}, []int{long}, true, func(out, in [][]float32) { Softplus(out[0], in[0]) }},
		{"SoftplusGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { SoftplusGrad(out[0], in[0], in[1]) }},
		{"Mish", []int{long}, []int{long}, true, func(out, in [][]float32) { Mish(out[0], in[0]) }},
		{"MishGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { MishGrad(out[0], in[0], in[1]) }},
		{"Softsign", []int{long}, []int{long}, true, func(out, in [][]float32) { Softsign(out[0], in[0]) }},
		{"SoftsignGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { SoftsignGrad(out[0], in[0], in[1]) }},
		{"SELU", []int{long}, []int{long}, true, func(out, in [][]float32) { SELU(out[0], in[0]) }},
		{"SELUGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { SELUGrad(out[0], in[0], in[1]) }},
		{"Rectifier.Apply", []int{long}, []int{long}, true, func(out, in [][]float32) { rectifier.Apply(out[0], in[0]) }},
		{"Rectifier.Grad", []int{long}, []int{long, long}, true, func(out, in [][]float32) { rectifier.Grad(out[0], in[0], in[1]) }},
		{"PReLU", []int{n * f}, []int{n * f, 3}, false, func(out, in [][]float32) { PReLU(out[0], in[0], in[1], slopes, n, 3) }},
		{"PReLUGradX", []int{n * f}, []int{n * f, n * f, 3}, false, func(out, in [][]float32) {
			PReLUGradX(out[0], in[0], in[1], in[2], slopes, n, 3)
		}},
		{"PReLUGradAlpha", []int{3}, []int{n * f, n * f}, false, func(out, in [][]float32) {
			PReLUGradAlpha(out[0], in[0], in[1], slopes, n, 3)
		}},
		{"GroupNorm.Apply", []int{8 * group.size()}, []int{8 * group.size(), c, c}, false, func(out, in [][]float32) {
			group.Apply(out[0], in[0], in[1], in[2])
		}},
		{"GroupNorm.Grad", []int{8 * group.size()}, []int{8 * group.size(), 8 * group.size(), c}, false, func(out, in [][]float32) {
			group.Grad(out[0], in[0], in[1], in[2])
		}},
		{"GroupNorm.GradSums", []int{c, c}, []int{8 * group.size(), 8 * group.size()}, false, func(out, in [][]float32) {
			group.GradSums(out[0], out[1], in[0], in[1])
		}},
		{"GroupNorm.Apply", []int{rows * 48}, []int{rows * 48, 48, 48}, false, func(out, in [][]float32) {
			layerNorm.Apply(out[0], in[0], in[1], in[2])
		}},
		{"GroupNorm.Grad", []int{rows * 48}, []int{rows * 48, rows * 48, 48}, false, func(out, in [][]float32) {
			layerNorm.Grad(out[0], in[0], in[1], in[2])
		}},
		{"GroupNorm.GradSums", []int{48, 48}, []int{rows * 48, rows * 48}, false, func(out, in [][]float32) {
			layerNorm.GradSums(out[0], out[1], in[0], in[1])
		}},
		{"UnitNorm", []int{rows * c}, []int{rows * c}, false, func(out, in [][]float32) { UnitNorm(out[0], in[0], rows, c) }},
		{"UnitNormGrad", []int{rows * c}, []int{rows * c, rows * c}, false, func(out, in [][]float32) {
			UnitNormGrad(out[0], in[0], in[1], rows, c)
		}},
		{"Standardizer.Apply", []int{rows * c}, []int{rows * c}, false, func(out, in [][]float32) { standardizer.Apply(out[0], in[0], rows) }},
		{"Standardizer.Grad", []int{rows * c}, []int{rows * c}, false, func(out, in [][]float32) { standardizer.Grad(out[0], in[0], rows) }},
		{"ResizeImages", []int{5 * 6 * 14 * 3}, []int{x}, false, func(out, in [][]float32) { ResizeImages(out[0], in[0], resize) }},
		{"ResizeImagesGrad", []int{x}, []int{5 * 6 * 14 * 3}, false, func(out, in [][]float32) { ResizeImagesGrad(out[0], in[0], resize) }},
		{"Permute", []int{x}, []int{x}, false, func(out, in [][]float32) { Permute(out[0], in[0], permutation) }},
		{"AddBias", []int{rows * c}, []int{c}, false, func(out, in [][]float32) {
			clear(out[0])
			AddBias(out[0], in[0], rows, c)
		}},
		{"Affine", []int{long}, []int{long}, true, func(out, in [][]float32) { Affine(out[0], in[0], 3, -0.5) }},
		{"Multiply", []int{long}, []int{long, long}, true, func(out, in [][]float32) { Multiply(out[0], in[0], in[1]) }},
		{"MultiplyChannels", []int{n * f * u}, []int{n * f * u, n * u}, false, func(out, in [][]float32) {
			MultiplyChannels(out[0], in[0], in[1], n, f, u)
		}},
		{"AddChannels", []int{n * f * u}, []int{n * f * u, n * u}, false, func(out, in [][]float32) {
			AddChannels(out[0], in[0], in[1], n, f, u)
		}},
		{"SumPixels", []int{n * u}, []int{n * f * u}, false, func(out, in [][]float32) { SumPixels(out[0], in[0], n, f, u) }},
		{"DotPixels", []int{n * u}, []int{n * f * u, n * f * u}, false, func(out, in [][]float32) {
			DotPixels(out[0], in[0], in[1], n, f, u)
		}},
		{"ScaleChannels", []int{rows * c}, []int{rows * c, c}, false, func(out, in [][]float32) { ScaleChannels(out[0], in[0], in[1], rows, c) }},
		{"ScaleExamples", []int{n * f * u}, []int{n * f * u}, false, func(out, in [][]float32) {
			ScaleExamples(out[0], in[0], n, f*u, func(n int) float32 { return float32(n%3) / 2 })
		}},
		{"RMSprop", []int{long, long}, []int{long}, true, func(out, in [][]float32) {
			RMSprop(out[0], in[0], out[1], nil, nil, 0.01, 0.9, 0, 1e-7)
		}},
		{"RMSprop", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			RMSprop(out[0], in[0], out[1], nil, out[2], 0.01, 0.9, 0.5, 1e-7)
		}},
		{"Dropout", []int{long}, []int{long}, true, func(out, in [][]float32) { Dropout(out[0], in[0], 77, 0.3) }},
		{"SpatialDropout2D", []int{n * f * u}, []int{n * f * u}, false, func(out, in [][]float32) {
			SpatialDropout2D(out[0], in[0], 77, 0.3, n, f, u)
		}},
		{"WarpImages", []int{5 * 6 * 4 * 3}, []int{5 * 9 * 11 * 3, 5 * 6}, false, func(out, in [][]float32) { WarpImages(out[0], in[0], in[1], warp) }},
		{"WarpImagesGrad", []int{5 * 9 * 11 * 3}, []int{5 * 6 * 4 * 3, 5 * 6}, false, func(out, in [][]float32) { WarpImagesGrad(out[0], in[0], in[1], warp) }},
		{"Brightness", []int{n * f * c}, []int{n * f * c, n}, false, func(out, in [][]float32) { Brightness(out[0], in[0], in[1], colors) }},
		{"BrightnessGrad", []int{n * f * c}, []int{n * f * c, n * f * c, n}, false, func(out, in [][]float32) {
			BrightnessGrad(out[0], in[0], in[1], in[2], colors)
		}},
		{"Contrast", []int{n * f * c}, []int{n * f * c, n}, false, func(out, in [][]float32) { Contrast(out[0], in[0], in[1], colors) }},
		{"ContrastGrad", []int{n * f * c}, []int{n * f * c, n * f * c, n}, false, func(out, in [][]float32) {
			ContrastGrad(out[0], in[0], in[1], in[2], colors)
		}},
		{"Softmax", []int{rows * c}, []int{rows * c}, false, func(out, in [][]float32) { Softmax(out[0], in[0], rows, c) }},
		{"SoftmaxGrad", []int{rows * c}, []int{rows * c, rows * c}, false, func(out, in [][]float32) { SoftmaxGrad(out[0], in[0], in[1], rows, c) }},
		{"SoftmaxCrossEntropy", []int{1}, []int{n * c, n * c}, false, func(out, in [][]float32) { SoftmaxCrossEntropy(out[0], in[0], in[1], n, c) }},
		{"SoftmaxCrossEntropyGrad", []int{n * c}, []int{n * c, n * c}, false, func(out, in [][]float32) {
			SoftmaxCrossEntropyGrad(out[0], in[0], in[1], 2, n, c)
		}},
		{"CrossEntropy", []int{1}, []int{n * c, n * c}, false, func(out, in [][]float32) { CrossEntropy(out[0], in[0], in[1], n, c) }},
		{"CrossEntropyGrad", []int{n * c}, []int{n * c, n * c}, false, func(out, in [][]float32) { CrossEntropyGrad(out[0], in[0], in[1], 2, n, c) }},
		{"Adam", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			Adam(out[0], in[0], out[1], out[2], 0.01, 0.9, 0.999, 1e-7)
		}},
		{"SGD", []int{long, long}, []int{long}, true, func(out, in [][]float32) { SGD(out[0], in[0], out[1], 0.01, 0.9, true) }},
		{"Adagrad", []int{long, long}, []int{long}, true, func(out, in [][]float32) { Adagrad(out[0], in[0], out[1], 0.01, 1e-7) }},
		{"RMSprop", []int{long, long, long, long}, []int{long}, true, func(out, in [][]float32) {
			RMSprop(out[0], in[0], out[1], out[2], out[3], 0.01, 0.9, 0.5, 100) // large enough that the radicand is not negative
		}},
		{"Nadam", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			Nadam(out[0], in[0], out[1], out[2], 0.9, 0.999, 0.01, 0.02, 1.5, 1e-7)
		}},
		{"AdafactorSquares", []int{long}, []int{long}, true, func(out, in [][]float32) { AdafactorSquares(out[0], in[0], 0.9, 1e-3) }},
		{"AdafactorDirection", []int{long}, []int{long}, true, func(out, in [][]float32) { AdafactorDirection(out[0], in[0]) }},
		{"LambDirection", []int{long, long, long}, nil, true, func(out, _ [][]float32) {
			LambDirection(out[0], out[1], out[2], 0.9, 0.999, 1.2, 1.5, 1e-7)
		}},
		{"Adamax", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			Adamax(out[0], in[0], out[1], out[2], 0.01, 0.9, 0.999, 1e-7)
		}},
		{"Adadelta", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			Adadelta(out[0], in[0], out[1], out[2], 0.5, 0.95, 100)
		}},
		{"Lion", []int{long, long}, []int{long}, true, func(out, in [][]float32) { Lion(out[0], in[0], out[1], 0.01, 0.9, 0.99) }},
		{"FTRL", []int{long, long, long}, []int{long}, true, func(out, in [][]float32) {
			FTRL(out[0], in[0], out[1], out[2], 0.01, -0.5, 0.1, 0.2, 0.3)
		}},
		{"Clip", []int{long}, []int{long}, true, func(out, in [][]float32) { Clip(out[0], in[0], 0.2, 1) }},
		{"SumSquares", nil, []int{long}, true, func(out, in [][]float32) { SumSquares(in[0]) }},
		{"AddPenalty", []int{1}, []int{long}, false, func(out, in [][]float32) { AddPenalty(out[0], in[0], 2, 0.1, 0.2) }},
		{"AddPenaltyGrad", []int{long}, []int{long, long}, true, func(out, in [][]float32) {
			AddPenaltyGrad(out[0], in[0], in[1], 0.1, 0.2)
		}},
		{"AllFinite", nil, []int{long}, true, func(out, in [][]float32) { AllFinite(in[0]) }},
	}
}

func (c kernelCase) slices() (out, in [][]float32) {
	rng := newRand()
	for _, n := range c.out {
		out = append(out, positive(randoms(rng, n)))
	}
	for _, n := range c.in {
		in = append(in, positive(randoms(rng, n)))
	}
	return out, in
}

// positive returns values that are valid for each kernel, including probabilities.
func positive(x []float32) []float32 {
	for i, v := range x {
		x[i] = float32(math.Abs(float64(v))) + 0.01
	}
	return x
}

func eachKernel(t *testing.T, test func(t *testing.T, c kernelCase)) {
	eachCPU(t, func(t *testing.T) {
		for _, c := range kernelCases() {
			t.Run(c.name, func(t *testing.T) { test(t, c) })
		}
	})
}

func TestResultIsTheSameForAnyThreadCount(t *testing.T) {
	eachKernel(t, func(t *testing.T, c kernelCase) {
		withThreads(t, 1)
		want, in := c.slices()
		c.run(want, in)
		for threads := 2; threads <= 4; threads++ {
			SetThreads(threads)
			out, in := c.slices()
			c.run(out, in)
			for i := range out {
				if !slices.Equal(out[i], want[i]) {
					t.Errorf("output %d differs on %d threads", i, threads)
				}
			}
		}
	})
}

func TestResultDoesNotDependOnWhatOutputHeld(t *testing.T) {
	eachKernel(t, func(t *testing.T, c kernelCase) {
		if slices.Contains([]string{"Adam", "SGD", "Adagrad", "RMSprop", "Nadam", "LambDirection", "AdafactorSquares", "AdafactorDirection", "Adamax", "Adadelta", "Lion", "FTRL", "MoveAverage", "ReLUGradSumRows"}, c.name) {
			t.Skip("updates its outputs")
		}
		want, in := c.slices()
		c.run(want, in)
		out, _ := c.slices()
		for i := range out {
			for j := range out[i] {
				out[i][j] = float32(math.NaN())
			}
		}
		c.run(out, in)
		for i := range out {
			if !slices.Equal(out[i], want[i]) {
				t.Errorf("output %d differs", i)
			}
		}
	})
}

func TestKernelWritesItsOutputOnly(t *testing.T) {
	const canary, margin = 12345, 16
	eachKernel(t, func(t *testing.T, c kernelCase) {
		withThreads(t, 2)
		out, in := c.slices()
		var whole [][]float32
		for _, group := range [][][]float32{out, in} {
			for i, x := range group {
				w := slices.Concat(make([]float32, margin), x, make([]float32, margin))
				for k := range margin {
					w[k], w[len(w)-1-k] = canary, canary
				}
				whole = append(whole, w)
				group[i] = w[margin : len(w)-margin] // the capacity extends into the margin
			}
		}
		c.run(out, in)
		for i, w := range whole {
			for k := range margin {
				if w[k] != canary || w[len(w)-1-k] != canary {
					t.Fatalf("slice %d: wrote outside", i)
				}
			}
		}
		_, fresh := c.slices()
		for i := range in {
			if !slices.Equal(in[i], fresh[i]) {
				t.Errorf("input %d was changed", i)
			}
		}
	})
}

func TestResultDoesNotDependOnAlignment(t *testing.T) {
	eachKernel(t, func(t *testing.T, c kernelCase) {
		want, in := c.slices()
		c.run(want, in)
		for _, offset := range []int{1, 6, 11} {
			out, in := c.slices()
			for _, group := range [][][]float32{out, in} {
				for i, x := range group {
					o := (offset + 5*i) % 16 // values from the beginning of a cache line, if large slices begin with one
					group[i] = append(make([]float32, o, o+len(x)+1024), x...)[o:]
				}
			}
			c.run(out, in)
			for i := range out {
				if !slices.Equal(out[i], want[i]) {
					t.Errorf("output %d differs, %d values from alignment", i, offset)
				}
			}
		}
	})
}

func TestShortSlicePanicsWithKernelAndSizes(t *testing.T) {
	eachKernel(t, func(t *testing.T, c kernelCase) {
		for i := range len(c.out) + len(c.in) {
			if i == 0 && c.anySize || c.name == "MaxPool2DGrad" && i == 3 || c.name == "AddPenalty" && i == 1 {
				continue
			}
			out, in := c.slices()
			if i < len(out) {
				out[i] = out[i][1:]
			} else {
				in[i-len(out)] = in[i-len(out)][1:]
			}
			message := panicOf(func() { c.run(out, in) })
			if c.name == "MaxPool2DGrad" && i > 0 {
				message = strings.Replace(message, "MaxPool2D:", "MaxPool2DGrad:", 1)
			}
			if !strings.HasPrefix(message, "kernels: "+c.name+": ") || !strings.Contains(message, "its sizes are [") {
				t.Errorf("slice %d too short: %q", i, message)
			}
		}
	})
}

func TestKernelDoesNotAllocate(t *testing.T) {
	eachKernel(t, func(t *testing.T, c kernelCase) {
		for _, threads := range []int{1, 2} {
			withThreads(t, threads)
			out, in := c.slices()
			c.run(out, in)
			if allocs := testing.AllocsPerRun(10, func() { c.run(out, in) }); allocs != 0 {
				t.Errorf("%v allocations a call on %d threads", allocs, threads)
			}
		}
	})
}

func TestConcurrentCallersGetTheirOwnResults(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		withThreads(t, 3)
		var wg sync.WaitGroup
		for _, c := range kernelCases() {
			want, in := c.slices()
			c.run(want, in)
			for range 3 {
				wg.Go(func() {
					for range 3 {
						out, in := c.slices()
						c.run(out, in)
						for i := range out {
							if !slices.Equal(out[i], want[i]) {
								t.Errorf("%s: output %d differs", c.name, i)
							}
						}
					}
				})
			}
		}
		wg.Wait()
	})
}

func TestEmptyBatchIsNoWork(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		withThreads(t, 2)
		w := []float32{1, 2, 3, 4}
		s := NewConv(0, 2, 2, 1, 1, 2, 2, 1, 1, false)
		Conv2D(nil, nil, w, nil, s)
		Conv2DGradX(nil, nil, w, s)
		Conv2DGradW(w, nil, nil, s)
		if !slices.Equal(w, []float32{0, 0, 0, 0}) {
			t.Errorf("gradient of no images is %v", w)
		}
		MaxPool2D(nil, nil, NewPool(0, 2, 2, 1, 2, 2, 2, 2, false))
		Dense(nil, nil, w, nil, 0, 2, 2, false)
		SumRows(w, nil, 0, 4)
		BatchNorm{C: 4}.Moments(w, w, nil)
		BatchNorm{C: 4}.Apply(nil, nil, w, w, w, w)
		Softmax(nil, nil, 0, 10)
		ReLU(nil, nil)
	})
}

// panicOf returns the panic value of f, or "".
func panicOf(f func()) (message string) {
	defer func() {
		if v := recover(); v != nil {
			message = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}

func TestSumsOfNothingPanic(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		withThreads(t, 1)
		w := make([]float32, 100)
		for what, run := range map[string]func(){
			"dense layer":             func() { Dense(w, w, w, nil, 2, 0, 2, false) },
			"gradient of a dense one": func() { DenseGradX(w, w, w, 2, 2, 0) },
			"convolution":             func() { Conv2D(w, w, w, nil, NewConv(1, 4, 4, 0, 2, 2, 2, 1, 1, true)) },
			"its gradient":            func() { Conv2DGradX(w, w, w, NewConv(1, 4, 4, 2, 0, 2, 2, 1, 1, true)) },
			"product":                 func() { (&product{c: w, a: w, b: w}).run(1, 1) },
		} {
			if message := panicOf(run); !strings.HasPrefix(message, "kernels: ") {
				t.Errorf("%s: panicked with %q", what, message)
			}
		}
	})
}
