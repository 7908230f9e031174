package machine_test

import (
	"fmt"
	"slices"
	"testing"

	"cnntrain/internal/kernels"
	"cnntrain/internal/machine"
	"cnntrain/internal/machine/machinetest"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A net is a hand-made graph.
type net struct {
	g       *G.ExprGraph
	weights []*G.Node
}

// input is a tensor of distinct numbers from -1 to 1.
func (n *net) input(name string, shape ...int) *G.Node {
	v := ops.NewTensor(shape...)
	data := v.Float32s()
	for i, p := range random.New(uint64(n.g.Nodes().Len())).Perm(len(data)) {
		data[i] = 2*float32(p)/float32(len(data)) - 1
	}
	return G.NewTensor(n.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
}

func (n *net) weight(shape ...int) *G.Node {
	w := n.input(fmt.Sprint("w", len(n.weights)), shape...)
	n.weights = append(n.weights, w)
	return w
}

func (n *net) conv(x *G.Node) *G.Node {
	c := x.Shape()[3]
	return ops.Conv2D(x, n.weight(3, 3, c, c), n.weight(c), ops.Conv{Strides: [2]int{1, 1}, Same: true})
}

func add(a, b *G.Node) *G.Node { return G.Must(G.Add(a, b)) }

// skipping is a net of residual blocks over size×size pixels of c channels: its loss,
// and gradients of the weights.
func skipping(t testing.TB, batch, size, c, blocks int) (loss *G.Node, grads []*G.Node) {
	n := &net{g: G.NewGraph()}
	x := ops.ReLU(n.conv(n.input("x", batch, size, size, c)))
	for range blocks {
		x = ops.ReLU(add(x, n.conv(ops.ReLU(n.conv(x)))))
	}
	x = ops.Reshape(x, tensor.Shape{batch, size * size * c})
	y := ops.Softmax(ops.Dense(x, n.weight(size*size*c, 3), nil))
	return finish(t, n, ops.CategoricalCrossentropy(y, n.input("targets", batch, 3)))
}

func finish(t testing.TB, n *net, l *G.Node) (loss *G.Node, grads []*G.Node) {
	grads, err := G.Grad(l, n.weights...)
	if err != nil {
		t.Fatal(err)
	}
	return l, grads
}

// Values that are read twice, three times, by one op twice, and as a view, have the same
// gradients as under TapeMachine; in shared memory, and without an allocation in a step.
func TestGradientsOfWhatIsReadTwiceAreSums(t *testing.T) {
	for name, build := range map[string]func(n *net, x *G.Node) *G.Node{
		"one block": func(n *net, x *G.Node) *G.Node { return add(x, n.conv(ops.ReLU(x))) },
		"three readers": func(n *net, x *G.Node) *G.Node {
			return add(add(n.conv(x), ops.Tanh(x)), ops.Sigmoid(x))
		},
		"one op reads it twice":   func(n *net, x *G.Node) *G.Node { return ops.GELU(add(x, x)) },
		"read before a nonlinear": func(n *net, x *G.Node) *G.Node { y := n.conv(x); return add(y, ops.ReLU(y)) },
		"a branch in a branch": func(n *net, x *G.Node) *G.Node {
			y := ops.ReLU(n.conv(x))
			return add(x, add(y, ops.SiLU(n.conv(ops.Tanh(y)))))
		},
		"a view beside its input": func(n *net, x *G.Node) *G.Node {
			flat := ops.Reshape(x, tensor.Shape{x.Shape()[0], x.Shape().TotalSize() / x.Shape()[0]})
			return add(ops.Tanh(x), ops.Reshape(ops.Sigmoid(flat), x.Shape()))
		},
		"a weight used twice": func(n *net, x *G.Node) *G.Node {
			w, conv := n.weight(3, 3, 2, 2), ops.Conv{Strides: [2]int{1, 1}, Same: true}
			return ops.Conv2D(ops.ReLU(ops.Conv2D(x, w, nil, conv)), w, nil, conv)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := &net{g: G.NewGraph()}
			x := build(n, n.conv(n.input("x", 3, 5, 4, 2)))
			y := ops.Dense(ops.Reshape(x, tensor.Shape{3, 40}), n.weight(40, 2), nil)
			loss, grads := finish(t, n, ops.CategoricalCrossentropy(ops.Softmax(y), n.input("targets", 3, 2)))
			checkSums(t, machinetest.New(t, append(grads, loss)...))
		})
	}
	loss, grads := skipping(t, 2, 6, 4, 3)
	checkSums(t, machinetest.New(t, append(grads, loss)...))
}

// checkSums checks that m runs sums, has memory for every output, and allocates nothing.
func checkSums(t *testing.T, m *machine.Machine) {
	t.Helper()
	if !slices.ContainsFunc(m.Costs(), func(c machine.Cost) bool { return c.Op == "sum" }) {
		t.Error("no sum in the graph")
	}
	for _, threads := range []int{1, 2} {
		kernels.SetThreads(threads)
		if n := testing.AllocsPerRun(10, func() {
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%d threads: %v objects a step", threads, n)
		}
	}
	kernels.SetThreads(0)
}

// A sum overwrites one of its terms that is not read later.
func TestSumsAreAddedUpInPlace(t *testing.T) {
	loss, grads := skipping(t, 2, 6, 4, 3)
	m := machinetest.New(t, append(grads, loss)...)
	memory := func(n *G.Node) *float32 { return &machinetest.Floats(m.Value(n))[0] }
	sums := 0
	for i, n := range m.Steps() {
		if _, err := m.Step(i); err != nil {
			t.Fatal(err)
		}
		if m.Costs()[i].Op != "sum" {
			continue
		}
		sums++
		own := true
		for in := n.Graph().From(n.ID()); in.Next(); {
			own = own && memory(in.Node().(*G.Node)) != memory(n)
		}
		if own {
			t.Errorf("%v has memory of its own", n)
		}
	}
	if sums != 4 {
		t.Errorf("%d sums, want one forward for each block, and one back for the first", sums)
	}
	absorbed := 0
	for _, c := range m.Costs() {
		if c.Op == "relu_grad_of_sum" {
			absorbed++
		}
	}
	if absorbed != 2 {
		t.Errorf("%d sums are added up by the op that reads them, want that of each later block", absorbed)
	}
}

func BenchmarkSkip(b *testing.B) {
	loss, grads := skipping(b, 32, 32, 64, 3)
	m, err := machine.New(append(grads, loss)...)
	if err != nil {
		b.Fatal(err)
	}
	m.Place(ops.Memory(m.Size()))
	b.ReportAllocs()
	m.Measure()
	for b.Loop() {
		if err := m.RunAll(); err != nil {
			b.Fatal(err)
		}
	}
	var sums float64
	for _, c := range m.Costs() {
		if c.Op == "sum" || c.Op == "+ false" {
			sums += c.Time.Seconds() * 1e3 / float64(c.Runs)
		}
	}
	b.ReportMetric(sums, "ms-sums/op")
	b.ReportMetric(float64(4*m.Size())/1e6, "MB-placed")
}
