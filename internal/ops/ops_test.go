package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cnntrain/internal/kernels"
	"cnntrain/internal/machine"
	"cnntrain/internal/machine/machinetest"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ machine.Placeable = (*op)(nil)

// A gradCase is an op on inputs of some shapes with its definition in float64.
type gradCase struct {
	name   string
	shapes []tensor.Shape
	build  func(in []*G.Node) *G.Node
	want   func(in [][]float64) []float64
	fixed  map[int][]float32 // inputs without a gradient, such as labels
}

// spread returns n values in random order whose distances from each other and from 0 exceed
// the step of a difference quotient, so that max and relu are differentiable there.
func spread(r *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i, p := range r.Perm(n) {
		values[i] = (float32(p) - float32(n)/2 + 0.25) * 2 / float32(n)
	}
	return values
}

// weightedSum reduces y to a scalar such that every value has its own gradient.
func weightedSum(y, r *G.Node) *G.Node {
	return apply(op{
		name: "weighted_sum", out: tensor.ScalarShape(), constant: 1,
		run: func(out []float32, in ...[]float32) {
			var sum float64
			for i, v := range in[0] {
				sum += float64(v) * float64(in[1][i])
			}
			out[0] = float32(sum)
		},
		grads: func([]*G.Node, *G.Node, *G.Node) []*G.Node { return []*G.Node{r, nil} },
	}, y, r)
}

// checkGradients compares the op's values with c.want, and its gradients with difference
// quotients of c.want in float64. The op may overwrite its inputs, except for the first one
// in cases where a later node reads that too, as in a skip connection.
func checkGradients(t *testing.T, c gradCase, r *rand.Rand, again bool) {
	t.Helper()
	g := G.NewGraph()
	node := func(name string, shape tensor.Shape, data []float32) *G.Node {
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
	}
	var nodes, wrt []*G.Node
	values := make([][]float64, len(c.shapes))
	for i, s := range c.shapes {
		data := c.fixed[i]
		if data == nil {
			data = spread(r, s.TotalSize())
		}
		for _, v := range data {
			values[i] = append(values[i], float64(v))
		}
		n := node(fmt.Sprint("in", i), s, data)
		if c.fixed[i] == nil {
			wrt = append(wrt, n)
			n = Affine(n, 1, 0) // in memory that the machine may reuse
		}
		nodes = append(nodes, n)
	}
	y := c.build(nodes)
	loss, weights := y, []float32{1}
	if y.Dims() > 0 {
		weights = spread(r, y.Shape().TotalSize())
		loss = weightedSum(y, node("weights", y.Shape(), weights))
	}
	skip := make([]float32, c.shapes[0].TotalSize())
	if again {
		for i := range skip { // too little to cancel a gradient
			skip[i] = float32(i%7-3) / 64
		}
		loss = G.Must(G.Add(loss, weightedSum(nodes[0], node("skip", c.shapes[0], skip))))
	}
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	vm := machinetest.New(t, append(grads, y)...)
	compare(t, c.name+" value", machinetest.Floats(vm.Value(y)), c.want(values))

	cost := func() (sum float64) {
		for i, v := range c.want(values) {
			sum += v * float64(weights[i])
		}
		return sum
	}
	k := 0
	for i := range c.shapes {
		if c.fixed[i] != nil {
			continue
		}
		const h = 1e-5
		want := make([]float64, len(values[i]))
		for j := range values[i] {
			old := values[i][j]
			values[i][j] = old + h
			up := cost()
			values[i][j] = old - h
			down := cost()
			values[i][j] = old
			want[j] = (up - down) / (2 * h)
			if i == 0 {
				want[j] += float64(skip[j])
			}
		}
		compare(t, fmt.Sprintf("%s gradient of input %d, read again: %v", c.name, i, again), machinetest.Floats(vm.Value(grads[k])), want)
		k++
	}
}

// compare requires a difference below 1e-5 of the largest value.
func compare(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest, worst := 1e-3, 0.0
	for i := range want {
		largest = max(largest, math.Abs(want[i]))
		worst = max(worst, math.Abs(float64(got[i])-want[i]))
	}
	if !(worst <= 1e-5*largest) {
		t.Errorf("%s: off by %.3g, the largest value is %.3g", what, worst, largest)
	}
}

func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// sizes returns the output length and the padding before the start along one axis, by
// TensorFlow's rule.
func sizes(in, window, stride int, same bool) (out, before int) {
	if !same {
		return (in-window)/stride + 1, 0
	}
	out = (in + stride - 1) / stride
	return out, max((out-1)*stride+window-in, 0) / 2
}

// slide calls f with the input index (or -1 in the padding) for every output
// cell and window cell of maps [N,H,W,C].
func slide(x tensor.Shape, size, strides [2]int, same bool, f func(n, oy, ox, ky, kx, iy, ix int)) (oh, ow int) {
	return slideDilated(x, size, strides, [2]int{1, 1}, same, f)
}

func slideDilated(x tensor.Shape, size, strides, dilation [2]int, same bool, f func(n, oy, ox, ky, kx, iy, ix int)) (oh, ow int) {
	oh, top := sizes(x[1], (size[0]-1)*dilation[0]+1, strides[0], same)
	ow, left := sizes(x[2], (size[1]-1)*dilation[1]+1, strides[1], same)
	for n := range x[0] {
		for oy := range oh {
			for ox := range ow {
				for ky := range size[0] {
					for kx := range size[1] {
						iy, ix := oy*strides[0]+ky*dilation[0]-top, ox*strides[1]+kx*dilation[1]-left
						if iy >= 0 && iy < x[1] && ix >= 0 && ix < x[2] {
							f(n, oy, ox, ky, kx, iy, ix)
						}
					}
				}
			}
		}
	}
	return oh, ow
}

func convCase(r *rand.Rand) gradCase {
	size := [2]int{between(r, 1, 5), between(r, 1, 5)}
	strides := [2]int{between(r, 1, 3), between(r, 1, 3)}
	same, bias := r.IntN(2) == 0, r.IntN(4) > 0
	h, w, groups, dilation := between(r, 1, 8), between(r, 1, 8), between(r, 1, 3), dilationFor(r, &strides)
	if !same {
		h, w = max(h, (size[0]-1)*dilation[0]+1), max(w, (size[1]-1)*dilation[1]+1)
	}
	x := tensor.Shape{between(r, 1, 4), h, w, groups * between(r, 1, 3)}
	k := tensor.Shape{size[0], size[1], x[3] / groups, groups * between(r, 1, 3)}
	conv := Conv{Strides: strides, Dilation: dilation, Groups: groups, Same: same}
	c := gradCase{
		name:   fmt.Sprintf("conv2d of %v with %v, %+v, bias %v", x, k, conv, bias),
		shapes: []tensor.Shape{x, k, {k[3]}},
		build: func(in []*G.Node) *G.Node {
			if !bias {
				return Conv2D(in[0], in[1], nil, conv)
			}
			return Conv2D(in[0], in[1], in[2], conv)
		},
		want: func(in [][]float64) []float64 {
			oh, ow := slideDilated(x, size, strides, dilation, same, func(int, int, int, int, int, int, int) {})
			out := make([]float64, x[0]*oh*ow*k[3])
			if bias {
				for i := range out {
					out[i] = in[2][i%k[3]]
				}
			}
			slideDilated(x, size, strides, dilation, same, func(n, oy, ox, ky, kx, iy, ix int) {
				for c := range k[2] {
					for f := range k[3] {
						first := f / (k[3] / groups) * k[2] // channel of the group
						out[((n*oh+oy)*ow+ox)*k[3]+f] += in[0][((n*x[1]+iy)*x[2]+ix)*x[3]+first+c] * in[1][((ky*k[1]+kx)*k[2]+c)*k[3]+f]
					}
				}
			})
			return out
		},
	}
	if !bias {
		c.shapes = c.shapes[:2]
	}
	return c
}

// dilationFor draws a dilation rate, which goes with strides of 1 only.
func dilationFor(r *rand.Rand, strides *[2]int) [2]int {
	if r.IntN(2) == 0 {
		return [2]int{1, 1}
	}
	*strides = [2]int{1, 1}
	return [2]int{between(r, 1, 3), between(r, 1, 3)}
}

// windows draws a map and windows that fit it.
func windows(r *rand.Rand) (x tensor.Shape, size, strides [2]int, same bool) {
	size = [2]int{between(r, 1, 4), between(r, 1, 4)}
	strides = [2]int{between(r, 1, 4), between(r, 1, 4)}
	same = r.IntN(2) == 0
	h, w := between(r, 1, 8), between(r, 1, 8)
	if !same {
		h, w = max(h, size[0]), max(w, size[1])
	}
	return tensor.Shape{between(r, 1, 4), h, w, between(r, 1, 5)}, size, strides, same
}

func poolCase(r *rand.Rand) gradCase {
	x, size, strides, same := windows(r)
	return gradCase{
		name:   fmt.Sprintf("max_pool2d of %v by %v, strides %v, same %v", x, size, strides, same),
		shapes: []tensor.Shape{x},
		build:  func(in []*G.Node) *G.Node { return MaxPool2D(in[0], size, strides, same) },
		want: func(in [][]float64) []float64 {
			oh, ow := slide(x, size, strides, same, func(int, int, int, int, int, int, int) {})
			out := make([]float64, x[0]*oh*ow*x[3])
			for i := range out {
				out[i] = math.Inf(-1)
			}
			slide(x, size, strides, same, func(n, oy, ox, ky, kx, iy, ix int) {
				for c := range x[3] {
					o := ((n*oh+oy)*ow+ox)*x[3] + c
					out[o] = max(out[o], in[0][((n*x[1]+iy)*x[2]+ix)*x[3]+c])
				}
			})
			return out
		},
	}
}

func depthwiseCase(r *rand.Rand) gradCase {
	x, size, strides, same := windows(r)
	k := tensor.Shape{size[0], size[1], x[3], between(r, 1, 3)}
	m, bias, dilation := k[3], r.IntN(4) > 0, dilationFor(r, &strides)
	same = same || dilation != [2]int{1, 1}
	conv := Conv{Strides: strides, Dilation: dilation, Same: same}
	c := gradCase{
		name:   fmt.Sprintf("depthwise_conv2d of %v with %v, %+v, bias %v", x, k, conv, bias),
		shapes: []tensor.Shape{x, k, {x[3] * m}},
		build: func(in []*G.Node) *G.Node {
			if !bias {
				return DepthwiseConv2D(in[0], in[1], nil, conv)
			}
			return DepthwiseConv2D(in[0], in[1], in[2], conv)
		},
		want: func(in [][]float64) []float64 {
			oh, ow := slideDilated(x, size, strides, dilation, same, func(int, int, int, int, int, int, int) {})
			out := make([]float64, x[0]*oh*ow*x[3]*m)
			if bias {
				for i := range out {
					out[i] = in[2][i%(x[3]*m)]
				}
			}
			slideDilated(x, size, strides, dilation, same, func(n, oy, ox, ky, kx, iy, ix int) {
				for c := range x[3] {
					for f := range m {
						out[(((n*oh+oy)*ow+ox)*x[3]+c)*m+f] += in[0][((n*x[1]+iy)*x[2]+ix)*x[3]+c] * in[1][((ky*k[1]+kx)*x[3]+c)*m+f]
					}
				}
			})
			return out
		},
	}
	if !bias {
		c.shapes = c.shapes[:2]
	}
	return c
}

func averagePoolCase(r *rand.Rand) gradCase {
	x, size, strides, same := windows(r)
	return gradCase{
		name:   fmt.Sprintf("average_pool2d of %v by %v, strides %v, same %v", x, size, strides, same),
		shapes: []tensor.Shape{x},
		build:  func(in []*G.Node) *G.Node { return AveragePool2D(in[0], size, strides, same) },
		want: func(in [][]float64) []float64 {
			oh, ow := slide(x, size, strides, same, func(int, int, int, int, int, int, int) {})
			out, count := make([]float64, x[0]*oh*ow*x[3]), make([]float64, x[0]*oh*ow*x[3])
			slide(x, size, strides, same, func(n, oy, ox, ky, kx, iy, ix int) {
				for c := range x[3] {
					o := ((n*oh+oy)*ow+ox)*x[3] + c
					out[o] += in[0][((n*x[1]+iy)*x[2]+ix)*x[3]+c]
					count[o]++
				}
			})
			for i := range out {
				out[i] /= count[i]
			}
			return out
		},
	}
}

func globalMaxPoolCase(r *rand.Rand) gradCase {
	x, _, _, _ := windows(r)
	return gradCase{
		name:   fmt.Sprintf("global_max_pool of %v", x),
		shapes: []tensor.Shape{x},
		build:  func(in []*G.Node) *G.Node { return GlobalMaxPool(in[0]) },
		want: func(in [][]float64) []float64 {
			out := make([]float64, x[0]*x[3])
			for i := range out {
				out[i] = math.Inf(-1)
			}
			for i, v := range in[0] {
				o := i/(x[1]*x[2]*x[3])*x[3] + i%x[3]
				out[o] = max(out[o], v)
			}
			return out
		},
	}
}

func padCase(r *rand.Rand) gradCase {
	x, _, _, _ := windows(r)
	rows, columns := [2]int{r.IntN(3), r.IntN(3)}, [2]int{r.IntN(3), r.IntN(3)}
	return gradCase{
		name:   fmt.Sprintf("pad2d of %v by %v and %v", x, rows, columns),
		shapes: []tensor.Shape{x},
		build:  func(in []*G.Node) *G.Node { return Pad2D(in[0], rows, columns) },
		want: func(in [][]float64) []float64 {
			h, w := rows[0]+x[1]+rows[1], columns[0]+x[2]+columns[1]
			out := make([]float64, x[0]*h*w*x[3])
			for i, v := range in[0] {
				n, iy, ix, c := i/(x[1]*x[2]*x[3]), i/(x[2]*x[3])%x[1], i/x[3]%x[2], i%x[3]
				out[((n*h+rows[0]+iy)*w+columns[0]+ix)*x[3]+c] = v
			}
			return out
		},
	}
}

func localResponseNormCase(r *rand.Rand) gradCase {
	s := randomShape(r)
	radius, beta := r.IntN(4), []float64{0.5, 0.75, 1.3, -0.4}[r.IntN(4)]
	return gradCase{
		name:   fmt.Sprintf("local_response_norm of %v, radius %d, beta %g", s, radius, beta),
		shapes: []tensor.Shape{s},
		build:  func(in []*G.Node) *G.Node { return LocalResponseNorm(in[0], radius, 1.5, 2, beta) },
		want: func(in [][]float64) []float64 {
			out, c := make([]float64, len(in[0])), s[len(s)-1]
			for i, v := range in[0] {
				sum := 0.0
				for k := range c {
					if d := k - i%c; d >= -radius && d <= radius {
						sum += in[0][i+d] * in[0][i+d]
					}
				}
				out[i] = v / math.Pow(1.5+2*sum, beta)
			}
			return out
		},
	}
}

func denseCase(r *rand.Rand) gradCase {
	n, f, u := between(r, 1, 9), between(r, 1, 30), between(r, 1, 20)
	bias := r.IntN(4) > 0
	c := gradCase{
		name:   fmt.Sprintf("dense of [%d %d] to %d, bias %v", n, f, u, bias),
		shapes: []tensor.Shape{{n, f}, {f, u}, {u}},
		build: func(in []*G.Node) *G.Node {
			if !bias {
				return Dense(in[0], in[1], nil)
			}
			return Dense(in[0], in[1], in[2])
		},
		want: func(in [][]float64) []float64 {
			out := make([]float64, n*u)
			for i := range out {
				if bias {
					out[i] = in[2][i%u]
				}
				for k := range f {
					out[i] += in[0][i/u*f+k] * in[1][k*u+i%u]
				}
			}
			return out
		},
	}
	if !bias {
		c.shapes = c.shapes[:2]
	}
	return c
}

func randomShape(r *rand.Rand) tensor.Shape {
	s := tensor.Shape{between(r, 1, 4)}
	for range between(r, 1, 3) {
		s = append(s, between(r, 1, 6))
	}
	return s
}

// elementCase is an elementwise op.
func elementCase(name string, shape tensor.Shape, build func(x *G.Node) *G.Node, f func(float64) float64) gradCase {
	return gradCase{
		name:   fmt.Sprintf("%s of %v", name, shape),
		shapes: []tensor.Shape{shape},
		build:  func(in []*G.Node) *G.Node { return build(in[0]) },
		want: func(in [][]float64) []float64 {
			out := make([]float64, len(in[0]))
			for i, v := range in[0] {
				out[i] = f(v)
			}
			return out
		},
	}
}

func reluCase(r *rand.Rand) gradCase {
	return elementCase("relu", randomShape(r), ReLU, func(v float64) float64 { return max(v, 0) })
}

// pointwiseCases is the activation functions and their definitions.
var pointwiseCases = []struct {
	name  string
	build func(x *G.Node) *G.Node
	f     func(float64) float64
}{
	{"sigmoid", Sigmoid, func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }},
	{"tanh", Tanh, math.Tanh},
	{"silu", SiLU, func(v float64) float64 { return v / (1 + math.Exp(-v)) }},
	{"gelu", GELU, func(v float64) float64 { return v * (1 + math.Erf(v/math.Sqrt2)) / 2 }},
	{"elu", func(x *G.Node) *G.Node { return ELU(x, 0.7) }, func(v float64) float64 {
		if v > 0 {
			return v
		}
		return 0.7 * (math.Exp(v) - 1)
	}},
	{"leaky_relu", func(x *G.Node) *G.Node { return LeakyReLU(x, 0.1) }, func(v float64) float64 { return max(v, 0.1*v) }},
	{"hard_sigmoid", HardSigmoid, func(v float64) float64 { return min(max(v/6+0.5, 0), 1) }},
	{"hard_silu", HardSiLU, func(v float64) float64 { return v * min(max(v/6+0.5, 0), 1) }},
	{"softplus", Softplus, func(v float64) float64 { return math.Log(1 + math.Exp(v)) }},
	{"mish", Mish, func(v float64) float64 { return v * math.Tanh(math.Log(1+math.Exp(v))) }},
	{"softsign", Softsign, func(v float64) float64 { return v / (1 + math.Abs(v)) }},
	{"selu", SELU, func(v float64) float64 {
		if v > 0 {
			return 1.0507009873554805 * v
		}
		return 1.0507009873554805 * 1.6732632423543772 * (math.Exp(v) - 1)
	}},
	{"rectify", func(x *G.Node) *G.Node { return Rectify(x, math.Inf(1), 0.3, 0) }, func(v float64) float64 {
		if v > 0 {
			return v
		}
		return 0.3 * v
	}},
}

func pointwiseCase(r *rand.Rand) gradCase {
	c := pointwiseCases[r.IntN(len(pointwiseCases))]
	return elementCase(c.name, randomShape(r), c.build, c.f)
}

func affineCase(r *rand.Rand) gradCase {
	scale, offset := float32(r.NormFloat64()), float32(r.NormFloat64())
	return elementCase("affine", randomShape(r),
		func(x *G.Node) *G.Node { return Affine(x, scale, offset) },
		func(v float64) float64 { return v*float64(scale) + float64(offset) })
}

// dropCase fixes the mask by its key.
func dropCase(r *rand.Rand) gradCase {
	s := tensor.Shape{between(r, 1, 4), between(r, 1, 6), between(r, 1, 6), between(r, 1, 6)}
	spatial, seed := r.IntN(2) == 0, r.Uint64()
	key := func() uint64 { return seed }
	mask := make([]float32, s.TotalSize())
	for i := range mask {
		mask[i] = 1
	}
	if spatial {
		kernels.SpatialDropout2D(mask, mask, seed, 0.5, s[0], s[1]*s[2], s[3])
	} else {
		kernels.Dropout(mask, mask, seed, 0.5)
	}
	return gradCase{
		name:   fmt.Sprintf("dropout of %v, spatial %v", s, spatial),
		shapes: []tensor.Shape{s},
		build: func(in []*G.Node) *G.Node {
			if spatial {
				return SpatialDropout2D(in[0], 0.5, key)
			}
			return Dropout(in[0], 0.5, key)
		},
		want: func(in [][]float64) []float64 {
			out := make([]float64, len(mask))
			for i, v := range in[0] {
				out[i] = v * float64(mask[i])
			}
			return out
		},
	}
}

func reshapeCase(r *rand.Rand) gradCase {
	s := randomShape(r)
	return elementCase("reshape", s,
		func(x *G.Node) *G.Node { return Reshape(x, tensor.Shape{s[0], s.TotalSize() / s[0]}) },
		func(v float64) float64 { return v })
}

func softmax(x []float64, c int) []float64 {
	out := make([]float64, len(x))
	for i := 0; i < len(x); i += c {
		var sum float64
		for j := range c {
			sum += math.Exp(x[i+j])
		}
		for j := range c {
			out[i+j] = math.Exp(x[i+j]) / sum
		}
	}
	return out
}

func softmaxCase(r *rand.Rand) gradCase {
	s := randomShape(r)
	return gradCase{
		name:   fmt.Sprintf("softmax of %v", s),
		shapes: []tensor.Shape{s},
		build:  func(in []*G.Node) *G.Node { return Softmax(in[0]) },
		want:   func(in [][]float64) []float64 { return softmax(in[0], s[len(s)-1]) },
	}
}

// crossentropyCase has the loss after a softmax, or of probabilities from another op, which
// is computed differently.
func crossentropyCase(fused bool) func(r *rand.Rand) gradCase {
	return func(r *rand.Rand) gradCase {
		n, c := between(r, 1, 9), between(r, 2, 12)
		target := make([]float32, n*c)
		for i := range n {
			target[i*c+r.IntN(c)] = 1
		}
		return gradCase{
			name:   fmt.Sprintf("crossentropy of [%d %d], fused %v", n, c, fused),
			shapes: []tensor.Shape{{n, c}, {n, c}},
			fixed:  map[int][]float32{1: target},
			build: func(in []*G.Node) *G.Node {
				y := Softmax(in[0])
				if !fused {
					y = Affine(y, 0.5, 0.05)
				}
				return CategoricalCrossentropy(y, in[1])
			},
			want: func(in [][]float64) []float64 {
				p := softmax(in[0], c)
				var loss float64
				for i := range n {
					var sum, right float64
					for j := range c {
						if !fused {
							p[i*c+j] = p[i*c+j]*0.5 + float64(float32(0.05))
						}
						sum += p[i*c+j]
						right += p[i*c+j] * float64(target[i*c+j])
					}
					loss -= math.Log(right / sum)
				}
				return []float64{loss / float64(n)}
			},
		}
	}
}

// batchNormCase sometimes omits gamma or beta. The moments are those of the batch, or
// constants.
func batchNormCase(r *rand.Rand) gradCase {
	s := randomShape(r)
	s[0] += 5
	c := s[len(s)-1]
	n := Norm{Epsilon: 0.01, Batch: r.IntN(2) == 0}
	gamma, beta := r.IntN(3) > 0, r.IntN(3) > 0
	mean, variance := spread(r, c), make([]float32, c)
	for i := range variance {
		variance[i] = 0.5 + r.Float32()
	}
	return gradCase{
		name:   fmt.Sprintf("batch_norm of %v, gamma %v, beta %v, batch %v", s, gamma, beta, n.Batch),
		shapes: []tensor.Shape{s, {c}, {c}, {c}, {c}},
		fixed:  map[int][]float32{3: mean, 4: variance},
		build: func(in []*G.Node) *G.Node {
			// An omitted input still has a gradient: 0.
			n.X, n.Gamma, n.Beta, n.Mean, n.Variance = in[0], Affine(in[1], 0, 1), Affine(in[2], 0, 0), in[3], in[4]
			if gamma {
				n.Gamma = in[1]
			}
			if beta {
				n.Beta = in[2]
			}
			if n.Batch {
				n.Mean, n.Variance = BatchMoments(in[0], in[3], in[4], 1, nil)
			}
			return BatchNorm(n)
		},
		want: func(in [][]float64) []float64 {
			out, rows := make([]float64, len(in[0])), float64(len(in[0])/c)
			for ch := range c {
				m, v, g, b := in[3][ch], in[4][ch], 1., 0.
				if n.Batch {
					m, v = 0, 0
					for i := ch; i < len(out); i += c {
						m += in[0][i] / rows
					}
					for i := ch; i < len(out); i += c {
						v += (in[0][i] - m) * (in[0][i] - m) / rows
					}
				}
				if gamma {
					g = in[1][ch]
				}
				if beta {
					b = in[2][ch]
				}
				for i := ch; i < len(out); i += c {
					out[i] = (in[0][i]-m)/math.Sqrt(v+n.Epsilon)*g + b
				}
			}
			return out
		},
	}
}

// Losses and scores are taken from the input of a sigmoid, whatever computes that.
func TestLossIsTakenFromTheInputOfASigmoid(t *testing.T) {
	g := G.NewGraph()
	input := func(shape ...int) *G.Node {
		v := NewTensor(shape...)
		return G.NewTensor(g, tensor.Float32, v.Dims(), G.WithShape(shape...), G.WithValue(v))
	}
	norm := BatchNorm(Norm{X: input(4, 1), Mean: input(1), Variance: input(1), Epsilon: 0.001})
	for name, x := range map[string]*G.Node{"an input": input(4, 1), "a normalization": norm} {
		y := Sigmoid(x)
		if got := BinaryCrossentropy(y, input(4, 2)).Op().(*op).name; got != "sigmoid_crossentropy" {
			t.Errorf("sigmoid of %s: the loss is a %s", name, got)
		}
		if got := BinaryFocalCrossentropy(y, input(4, 2), 2, 1, 1).Op().(*op).name; got != "sigmoid_focal_crossentropy" {
			t.Errorf("sigmoid of %s: the focal loss is a %s", name, got)
		}
		if got := Score(y, input(4, 1)).Op().(*op).inputs[0]; got != x {
			t.Errorf("sigmoid of %s: the score is that of %v", name, got)
		}
	}
}

// added adds another input to the values of a case, which an op with a fused addition does too.
func added(fused string, of func(*rand.Rand) gradCase) func(*rand.Rand) gradCase {
	return func(r *rand.Rand) gradCase {
		c := of(r)
		build, want, last := c.build, c.want, len(c.shapes)
		c.name += ", added"
		c.shapes = append(c.shapes, c.shapes[0])
		c.build = func(in []*G.Node) *G.Node {
			y := []*G.Node{build(in), in[last]}
			if r.IntN(2) == 0 {
				slices.Reverse(y)
			}
			sum := Add(y)
			if name := sum.Op().(*op).name; name != fused {
				panic(fmt.Sprintf("the sum is a %s, want %s", name, fused))
			}
			return sum
		}
		c.want = func(in [][]float64) []float64 {
			out := want(in)
			for i, v := range in[last] {
				out[i] += v
			}
			return out
		}
		return c
	}
}

// activated applies an activation to the values of a case, by one op.
func activated(fused string, activation func(x *G.Node) *G.Node, f func(float64) float64, of func(*rand.Rand) gradCase) func(*rand.Rand) gradCase {
	return func(r *rand.Rand) gradCase {
		c := of(r)
		build, want := c.build, c.want
		c.name += ", activated"
		c.build = func(in []*G.Node) *G.Node {
			y := activation(build(in))
			if name := y.Op().(*op).name; name != fused {
				panic(fmt.Sprintf("the activation is a %s, want %s", name, fused))
			}
			return y
		}
		c.want = func(in [][]float64) []float64 {
			out := want(in)
			for i, v := range out {
				out[i] = f(v)
			}
			return out
		}
		return c
	}
}

// rectified adds a ReLU to a case, which fuses both into one op.
func rectified(of func(*rand.Rand) gradCase) func(*rand.Rand) gradCase {
	return rectifiedTo(math.Inf(1), of)
}

// rectifiedTo limits the output too.
func rectifiedTo(most float64, of func(*rand.Rand) gradCase) func(*rand.Rand) gradCase {
	return func(r *rand.Rand) gradCase {
		c := of(r)
		build, want := c.build, c.want
		c.name += ", rectified"
		c.build = func(in []*G.Node) *G.Node {
			y := build(in)
			rectified := Rectify(y, most, 0, 0)
			if math.IsInf(most, 1) {
				rectified = ReLU(y)
			}
			if y.Op().(*op).name == "depthwise_conv2d" { // of as many groups as channels
				return rectified
			}
			if o := rectified.Op().(*op); o.name == "relu" || o.name == "rectify" || o.withReLU != nil {
				panic(o.name + " and relu are not one op")
			}
			return rectified
		}
		c.want = func(in [][]float64) []float64 {
			out := want(in)
			for i, v := range out {
				out[i] = min(max(v, 0), most)
			}
			return out
		}
		return c
	}
}

func TestBatchMomentsMovesTheAverages(t *testing.T) {
	g := G.NewGraph()
	node := func(name string, data []float32, shape ...int) *G.Node {
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
	}
	mean, variance := []float32{10, 20}, []float32{1, 2}
	x := node("x", []float32{1, 2, 3, 6}, 2, 2)
	batchMean, _ := BatchMoments(x, node("mean", mean, 2), node("variance", variance, 2), 0.5, nil)
	vm := machinetest.New(t, batchMean)
	if got := machinetest.Floats(vm.Value(batchMean)); got[0] != 2 || got[1] != 4 {
		t.Errorf("mean of the batch %v", got)
	}
	if mean[0] != 6 || mean[1] != 12 || variance[0] != 1 || variance[1] != 3 {
		t.Errorf("averages %v and %v", mean, variance)
	}
}

func TestGradientsEqualFloat64Differences(t *testing.T) {
	for name, c := range map[string]func(*rand.Rand) gradCase{
		"conv2d": convCase, "max_pool2d": poolCase, "dense": denseCase, "relu": reluCase,
		"affine": affineCase, "dropout": dropCase, "batch_norm": batchNormCase,
		"batch_norm and silu":           activated("batch_norm_silu", SiLU, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, batchNormCase),
		"batch_norm and tanh":           activated("batch_norm_tanh", Tanh, math.Tanh, batchNormCase),
		"batch_norm and add":            added("batch_norm_add", batchNormCase),
		"batch_norm and add, with relu": rectified(added("batch_norm_add", batchNormCase)),
		"add":                           added("add", affineCase), "add with relu": rectified(added("add", affineCase)),
		"batch_norm with relu": rectified(batchNormCase), "batch_norm with relu6": rectifiedTo(0.7, batchNormCase), // which no value is near to
		"conv2d with relu": rectified(convCase), "dense with relu": rectified(denseCase),
		"depthwise_conv2d": depthwiseCase,
		"average_pool2d":   averagePoolCase, "global_max_pool": globalMaxPoolCase, "pad2d": padCase,
		"local_response_norm": localResponseNormCase, "reshape": reshapeCase, "pointwise": pointwiseCase, "softmax": softmaxCase,
		"crossentropy": crossentropyCase(false), "softmax_crossentropy": crossentropyCase(true),
	} {
		t.Run(name, func(t *testing.T) {
			r, cases := rand.New(rand.NewPCG(1, 2)), 40
			if testing.Short() {
				cases = 10
			}
			for i := range cases {
				checkGradients(t, c(r), r, i%2 == 1)
			}
		})
	}
}

// The gradients of a node that is used twice share memory; a graph must not merge two ops
// that look alike.
func TestEqualOpsAreNotMerged(t *testing.T) {
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float32, 1, G.WithShape(3), G.WithName("x"), G.WithInit(G.Ones()))
	if a, b := ReLU(x), ReLU(x); a == b {
		t.Error("two ops became one node")
	}
}

func TestOpsAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, make := range []func(*rand.Rand) gradCase{convCase, poolCase, denseCase, reluCase, dropCase, softmaxCase, batchNormCase,
		pointwiseCase, depthwiseCase, averagePoolCase, globalMaxPoolCase, padCase, localResponseNormCase, crossentropyCase(true)} {
		c := make(r)
		g := G.NewGraph()
		var nodes []*G.Node
		var values []G.Value
		for i, s := range c.shapes {
			v := tensor.New(tensor.WithShape(s...), tensor.WithBacking(spread(r, s.TotalSize())))
			values = append(values, v)
			nodes = append(nodes, G.NewTensor(g, tensor.Float32, len(s), G.WithShape(s...), G.WithName(fmt.Sprint("in", i)), G.WithValue(v)))
		}
		o := c.build(nodes).Op().(*op)
		values = values[:o.Arity()]
		if n := testing.AllocsPerRun(10, func() {
			if _, err := o.Do(values...); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s allocates %v objects a run", c.name, n)
		}
	}
}
