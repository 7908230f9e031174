package layer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cnntrain/internal/kernels"
	"cnntrain/internal/machine"
	"cnntrain/internal/machine/machinetest"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// decode decodes one layer as in a spec.
func decode(t *testing.T, text string) Layer {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("layer.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+text+"\n"), nil, &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	l, _ := Layers.Decode(s.Top[0], &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	if m, ok := As[Merger](l); ok {
		return merging{m}
	}
	return l
}

// merging is a merging layer, whose two inputs are its input and another made of that.
type merging struct{ Merger }

func (m merging) Shape(in Shape) (Shape, error) { return m.MergeShape([]Shape{in, in}) }
func (m merging) Weights(Shape) []Weight        { return nil }
func (m merging) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	x = ops.Fork(x)
	return m.Merge(g, []*G.Node{x, ops.Affine(x, -0.5, 0.125)})
}

// built is a layer in a graph that has run once; in training with a loss that gives every
// output its own gradient.
type built struct {
	*machine.Machine
	x, y  *G.Node
	loss  *G.Node
	wrt   []*tensor.Dense // the input, then the weights that train
	grads []*G.Node       // gradients of these
	state []*tensor.Dense // the other weights
	start [][]float32     // all weights, before the step
}

// build runs a layer as models do, allowing it to overwrite its input; with skip the input
// is also read by a later node, as in a skip connection.
func build(t *testing.T, l Layer, n int, in Shape, training, skip bool) *built {
	t.Helper()
	b := &built{}
	g := G.NewGraph()
	node := func(name string, v *tensor.Dense) *G.Node {
		return G.NewTensor(g, tensor.Float32, v.Dims(), G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
	}
	varied := func(seed int, shape ...int) *tensor.Dense {
		v := tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
		data := v.Float32s()
		for i, p := range random.New(uint64(seed)).Perm(len(data)) { // no ties, no zeros
			data[i] = (float32(p) - float32(len(data))/2 + 0.25) * 2 / float32(len(data))
		}
		return v
	}
	b.wrt = []*tensor.Dense{varied(0, append([]int{n}, in...)...)}
	input := node("x", b.wrt[0])
	wrt, weights := []*G.Node{input}, []*G.Node{}
	for i, w := range l.Weights(in) {
		v := varied(i+1, w.Shape...)
		weights = append(weights, node(w.Name, v))
		if w.Trainable {
			wrt, b.wrt = append(wrt, weights[i]), append(b.wrt, v)
		} else {
			w.Init.Fill(v.Float32s(), w.Shape, random.New())
			b.state = append(b.state, v)
		}
	}
	for _, v := range append(b.wrt[1:], b.state...) {
		b.start = append(b.start, slices.Clone(v.Float32s()))
	}
	graph := &Graph{Training: training}
	if training {
		graph.Random = func() random.Stream { return random.New(5) } // the same numbers in every step
	}
	weigh := func(y *G.Node, name string, seed int) *G.Node {
		return G.Must(G.Sum(G.Must(G.HadamardProd(y, node(name, varied(seed, y.Shape()...))))))
	}
	b.x = ops.Affine(input, 1, 0) // in memory that the machine may reuse
	b.y = l.Build(graph, b.x, weights)
	if !training {
		b.Machine = machinetest.New(t, b.y)
		return b
	}
	b.loss = weigh(b.y, "r", len(weights)+1)
	if skip {
		b.loss = G.Must(G.Add(b.loss, weigh(b.x, "s", len(weights)+2)))
	}
	var err error
	if b.grads, err = G.Grad(b.loss, wrt...); err != nil {
		t.Fatal(err)
	}
	b.Machine = machinetest.New(t, append(b.grads, b.y, b.loss)...)
	return b
}

func (b *built) run(t *testing.T) float64 {
	t.Helper()
	if err := b.RunAll(); err != nil {
		t.Fatal(err)
	}
	return float64(b.floats(b.loss)[0])
}

func (b *built) floats(n *G.Node) []float32 { return machinetest.Floats(b.Value(n)) }

// Every layer of the catalog, with its own example, meets the requirements of layers.
func TestEveryLayerConforms(t *testing.T) {
	for _, name := range Layers.Names() {
		t.Run(name, func(t *testing.T) {
			e := Layers.Entry(name)
			if e.Keras == "" || e.Doc == "" || e.Example == "" || e.Input == nil {
				t.Fatalf("needs a Keras name, documentation, an example and its input: %+v", e)
			}
			l, in := decode(t, e.Example), Shape(e.Input)
			out, err := l.Shape(in)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) == 0 || slices.Min(out) < 1 {
				t.Fatalf("an output of %v", out)
			}
			t.Run("builds the shape it infers", func(t *testing.T) {
				for _, training := range []bool{true, false} {
					b := build(t, l, 3, in, training, false)
					if got := Shape(b.y.Shape()[1:]); !slices.Equal(got, out) {
						t.Errorf("training %v: built %v, inferred %v", training, got, out)
					}
				}
			})
			t.Run("gradients equal differences", func(t *testing.T) { checkGradients(t, build(t, l, 3, in, true, false)) })
			t.Run("gradients beside a skip connection do", func(t *testing.T) { checkGradients(t, build(t, l, 3, in, true, true)) })
			t.Run("gives the same bytes for any number of threads", func(t *testing.T) { checkThreads(t, l, in) })
			t.Run("changes no weight in use", func(t *testing.T) { checkState(t, build(t, l, 3, in, false, false)) })
			t.Run("weights have initializers", func(t *testing.T) {
				for _, w := range l.Weights(in) {
					if w.Init == nil || w.Name == "" || w.Shape.Size() < 1 {
						t.Errorf("%+v", w)
					}
				}
			})
		})
	}
}

// A layer may build inner layers in its own graph; their options must not affect other
// layers.
func TestFrozenGoesInwardsOnly(t *testing.T) {
	moves := func(g *Graph, layer string) bool { // whether batch normalization updates its averages
		x := G.NewTensor(G.NewGraph(), tensor.Float32, 2, G.WithShape(5, 2), G.WithName("x"))
		l := decode(t, layer)
		var weights []*G.Node
		for _, w := range l.Weights(Shape{2}) {
			weights = append(weights, G.NewTensor(x.Graph(), tensor.Float32, 1, G.WithShape(2), G.WithName(w.Name)))
		}
		l.Build(g, x, weights)
		return slices.ContainsFunc(x.Graph().AllNodes(), func(n *G.Node) bool { return n.Op() != nil && n.Op().String() == "batch_moments" })
	}
	const frozen, free = "batch_normalization: {trainable: false}", "batch_normalization"
	g := &Graph{Training: true}
	if moves(g, frozen) || g.Averages || !moves(g, free) {
		t.Error("a frozen layer freezes those behind it")
	}
	g = &Graph{Training: true, Averages: true}
	if moves(g, free) || !g.Averages {
		t.Error("a layer within a frozen one is not frozen")
	}
}

func checkGradients(t *testing.T, b *built) {
	const h = 1e-3
	b.run(t)
	var grads [][]float32
	for _, g := range b.grads {
		grads = append(grads, slices.Clone(b.floats(g)))
	}
	for k, grad := range grads {
		data := b.wrt[k].Float32s()
		for i := range data {
			old := data[i]
			data[i] = old + h
			up := b.run(t)
			data[i] = old - h
			down := b.run(t)
			data[i] = old
			if want := (up - down) / (2 * h); math.Abs(float64(grad[i])-want) > 5e-3*max(1, math.Abs(want)) {
				t.Errorf("input %d, value %d: gradient %g, difference %g", k, i, grad[i], want)
			}
		}
	}
}

func checkState(t *testing.T, b *built) {
	for i, v := range append(b.wrt[1:], b.state...) {
		if !slices.Equal(v.Float32s(), b.start[i]) {
			t.Errorf("weight %d was changed", i)
		}
	}
}

func checkThreads(t *testing.T, l Layer, in Shape) {
	defer kernels.SetThreads(kernels.Threads())
	n := 3*1<<14/in.Size() + 1 // kernels use at least 1<<14 values per thread
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		kernels.SetThreads(threads)
		b := build(t, l, n, in, true, false)
		b.run(t)
		got := slices.Clone(b.floats(b.y))
		for _, g := range b.grads {
			got = append(got, b.floats(g)...)
		}
		for _, v := range b.state {
			got = append(got, v.Float32s()...)
		}
		if want == nil {
			want = got
		}
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%d threads: value %d is %g, with one thread %g", threads, i, got[i], want[i])
			}
		}
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		layer string
		in    Shape
		want  string // the shape, or the error
	}{
		{"conv2d: {filters: 6, kernel_size: 5}", Shape{32, 32, 3}, "28x28x6"},
		{"conv2d: {filters: 6, kernel_size: 5, padding: same}", Shape{32, 31, 3}, "32x31x6"},
		{"conv2d: {filters: 6, kernel_size: 3, strides: 2, padding: same}", Shape{7, 8, 3}, "4x4x6"},
		{"conv2d: {filters: 6, kernel_size: [3, 2], strides: [2, 3]}", Shape{7, 8, 3}, "3x3x6"},
		{"conv2d: {filters: 6, kernel_size: 5}", Shape{4, 4, 3}, "a window of 5x5 is larger than the input of 4x4x3; use padding: same, or fewer pooling layers before it"},
		{"conv2d: {filters: 6, kernel_size: 5}", Shape{10}, "needs an input of height, width and channels, got 10 values"},
		{"conv2d: {filters: 6, kernel_size: 3, dilation_rate: 2}", Shape{7, 8, 3}, "3x4x6"},
		{"conv2d: {filters: 6, kernel_size: 3, dilation_rate: [4, 1]}", Shape{8, 8, 3}, "a window of 9x3 is larger than the input of 8x8x3; use padding: same, or fewer pooling layers before it"},
		{"conv2d: {filters: 6, kernel_size: 3, groups: 3}", Shape{8, 8, 9}, "6x6x6"},
		{"conv2d: {filters: 6, kernel_size: 3, groups: 3}", Shape{8, 8, 4}, "4 channels cannot be divided into 3 groups"},
		{"max_pooling2d", Shape{5, 5, 3}, "2x2x3"},
		{"max_pooling2d: 3", Shape{9, 8, 3}, "3x2x3"},
		{"max_pooling2d: {pool_size: 3, strides: 2, padding: same}", Shape{5, 5, 3}, "3x3x3"},
		{"max_pooling2d", Shape{1, 1, 3}, "a window of 2x2 is larger than the input of 1x1x3; use padding: same, or fewer pooling layers before it"},
		{"flatten", Shape{5, 5, 3}, "75"},
		{"dense: 7", Shape{75}, "7"},
		{"dense: 7", Shape{5, 5, 3}, "needs a flat input, got 5x5x3; put flatten in front of it"},
		{"rescaling: 1/255", Shape{5, 5, 3}, "5x5x3"},
		{"relu", Shape{5}, "5"},
		{"depthwise_conv2d: {kernel_size: 3, depth_multiplier: 4}", Shape{7, 6, 3}, "5x4x12"},
		{"separable_conv2d: {filters: 9, kernel_size: 3, strides: 2, padding: same}", Shape{7, 6, 3}, "4x3x9"},
		{"average_pooling2d: {pool_size: 3, padding: same}", Shape{7, 6, 3}, "3x2x3"},
		{"global_average_pooling2d", Shape{7, 6, 3}, "3"},
		{"global_max_pooling2d: {keepdims: true}", Shape{7, 6, 3}, "1x1x3"},
		{"global_max_pooling2d", Shape{7}, "needs an input of height, width and channels, got 7 values"},
		{"conv2d_transpose: {filters: 4, kernel_size: 3, strides: 2}", Shape{7, 6, 3}, "15x13x4"},
		{"conv2d_transpose: {filters: 4, kernel_size: 3, strides: 2, padding: same}", Shape{7, 6, 3}, "14x12x4"},
		{"conv2d_transpose: {filters: 4, kernel_size: 2, strides: 3}", Shape{7, 6, 3}, "21x18x4"},
		{"conv2d_transpose: {filters: 4, kernel_size: 3, dilation_rate: 2}", Shape{7, 6, 3}, "11x10x4"},
		{"up_sampling2d: [3, 1]", Shape{7, 6, 3}, "21x6x3"},
		{"resizing: {height: 224, width: 192}", Shape{7, 6, 3}, "224x192x3"},
		{"center_crop: {height: 4, width: 9}", Shape{7, 6, 3}, "4x9x3"},
		{"cropping2d: [[3, 3], [0, 0]]", Shape{7, 6, 3}, "1x6x3"},
		{"cropping2d: 3", Shape{7, 6, 3}, "removes 6 rows and 6 columns, which is all of an input of 7x6x3"},
		{"permute: [3, 1, 2]", Shape{7, 6, 3}, "3x7x6"},
		{"permute: [2, 1]", Shape{7, 6, 3}, "dims [2 1] name 2 axes, and the input of 7x6x3 has 3"},
		{"reshape: [2, -1]", Shape{7, 6, 3}, "2x63"},
		{"reshape: [4, -1]", Shape{7, 6, 3}, "7x6x3 are 126 values, which do not fill the shape [4 -1]"},
		{"layer_normalization: {axis: 1}", Shape{7, 6, 3}, "axis [1] is not the last axes of an input of 7x6x3, such as -1"},
		{"layer_normalization: {axis: 4}", Shape{7, 6, 3}, "axis [4] does not name axes of an input of 7x6x3, 1 to 3 or -1 to -3"},
		{"group_normalization: 2", Shape{7, 6, 3}, "3 channels cannot be divided into 2 groups"},
		{"normalization: {mean: [1, 2], variance: [1, 2]}", Shape{7, 6, 3}, "mean and variance have 2 values for 3 channels"},
		{"prelu: {shared_axes: 4}", Shape{7, 6, 3}, "an input of 7x6x3 has no axis 4 for shared_axes"},
		{"zero_padding2d", Shape{7, 6, 3}, "9x8x3"},
		{"zero_padding2d: 0", Shape{7, 6, 3}, "7x6x3"},
		{"zero_padding2d: [2, 0]", Shape{7, 6, 3}, "11x6x3"},
		{"zero_padding2d: [[2, 0], [1, 3]]", Shape{7, 6, 3}, "9x10x3"},
	} {
		t.Run(c.layer+" of "+c.in.String(), func(t *testing.T) {
			out, err := decode(t, c.layer).Shape(c.in)
			got := out.String()
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWeightsAreThoseOfKeras(t *testing.T) {
	for _, c := range []struct {
		layer string
		in    Shape
		want  string
	}{
		{"conv2d: {filters: 6, kernel_size: [5, 3]}", Shape{32, 32, 3}, "[kernel 5x3x3x6 bias 6]"},
		{"conv2d: {filters: 6, kernel_size: 5, use_bias: false}", Shape{32, 32, 3}, "[kernel 5x5x3x6]"},
		{"conv2d: {filters: 6, kernel_size: 5, groups: 3}", Shape{32, 32, 12}, "[kernel 5x5x4x6 bias 6]"},
		{"dense: 7", Shape{75}, "[kernel 75x7 bias 7]"},
		{"dense: {units: 7, use_bias: false}", Shape{75}, "[kernel 75x7]"},
		{"max_pooling2d", Shape{4, 4, 1}, "[]"},
		{"conv2d_transpose: {filters: 4, kernel_size: 3}", Shape{7, 6, 2}, "[kernel 3x3x4x2 bias 4]"},
		{"prelu: {shared_axes: [1, 2]}", Shape{7, 6, 2}, "[alpha 1x1x2]"},
		{"prelu", Shape{7, 6, 2}, "[alpha 7x6x2]"},
		{"layer_normalization: {axis: [-1, -2]}", Shape{7, 6, 2}, "[gamma 6x2 beta 6x2]"},
		{"group_normalization: {groups: 1, center: false}", Shape{7, 6, 2}, "[gamma 2]"},
		{"normalization", Shape{7, 6, 2}, "[mean 2 variance 2 count 1]"},
		{"normalization: {mean: 1, variance: 2}", Shape{7, 6, 2}, "[]"},
		{"depthwise_conv2d: {kernel_size: [5, 3], depth_multiplier: 2}", Shape{9, 9, 4}, "[kernel 5x3x4x2 bias 8]"},
		{"separable_conv2d: {filters: 7, kernel_size: 3, depth_multiplier: 2}", Shape{9, 9, 4}, "[depthwise_kernel 3x3x4x2 pointwise_kernel 1x1x8x7 bias 7]"},
		{"batch_normalization", Shape{4, 4, 3}, "[gamma 3 beta 3 moving_mean 3 moving_variance 3]"},
		{"batch_normalization: {center: false, scale: false}", Shape{5}, "[moving_mean 5 moving_variance 5]"},
	} {
		var got []string
		for _, w := range decode(t, c.layer).Weights(c.in) {
			got = append(got, w.Name, w.Shape.String())
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.layer, got, c.want)
		}
	}
}
