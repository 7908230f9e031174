package internal

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/machine/machinetest"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/optimizer"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// tolerance is the largest difference from Keras, relative to the largest value of a
// tensor. A tolerance per value would be stricter than Keras itself: small sums of large
// terms differ by 2e-4 between Keras and its own float64 result.
const tolerance = 1e-4

// closeTo compares a tensor with Keras's.
func closeTo(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, Keras has %d", what, len(got), len(want))
		return
	}
	largest, worst, at := 0.0, 0.0, 0
	for i := range want {
		largest = max(largest, math.Abs(float64(want[i])))
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s: value %d is %g, Keras has %g; off by %.2g of the largest", what, at, got[at], want[at], worst/largest)
	}
}

// keras is one golden file: tensors by name, and a description.
type keras struct {
	*checkpoint.File
	t *testing.T
}

func (k keras) data(name string) []float32 {
	k.t.Helper()
	v, ok := k.Tensor(name)
	if !ok {
		k.t.Fatalf("the golden file has no tensor %q", name)
	}
	return v.Data
}

// node adds a copy of a tensor to a graph.
func (k keras) node(g *G.ExprGraph, name string) *G.Node {
	k.t.Helper()
	data := k.data(name)
	v, _ := k.Tensor(name)
	value := tensor.New(tensor.WithShape(v.Shape...), tensor.WithBacking(append([]float32{}, data...)))
	return G.NewTensor(g, tensor.Float32, len(v.Shape), G.WithShape(v.Shape...), G.WithName(name), G.WithValue(value))
}

// eachKeras runs f on every golden file that matches the pattern.
func eachKeras(t *testing.T, pattern string, f func(t *testing.T, k keras)) {
	paths, err := filepath.Glob("testdata/keras/" + pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files %s (%v)", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			file, err := checkpoint.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			f(t, keras{file, t})
		})
	}
}

// param is a weight with its gradient, for optimizers.
type param struct{ value, grad G.Value }

func (p param) Value() G.Value         { return p.value }
func (p param) Grad() (G.Value, error) { return p.grad, nil }

func TestEveryLayerEqualsKeras(t *testing.T) {
	seen := map[string]bool{}
	eachKeras(t, "layer_*.safetensors", func(t *testing.T, k keras) {
		var problems spec.Problems
		s := spec.Parse("keras", []byte("input: [1, 1, 1]\nlayers:\n"+k.Metadata["layers"]+"\n"), nil, &problems)
		l, _ := layer.Layers.Decode(s.Top[0], &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		seen[s.Top[0].Name] = true
		if m, ok := layer.As[layer.Merger](l); ok {
			l = merging{l, m}
		}
		compareLayer(t, k, l)
	})
	for _, name := range layer.Layers.Names() {
		if !seen[name] {
			t.Errorf("no golden file for %s; bench/parity writes them", name)
		}
	}
}

// merging is a merging layer of its input and of another made of that, like Merged of
// bench/parity/golden.py.
type merging struct {
	layer.Layer
	merger layer.Merger
}

func (m merging) Build(g *layer.Graph, x *G.Node, _ []*G.Node) *G.Node {
	x = ops.Fork(x)
	return m.merger.Merge(g, []*G.Node{x, ops.Affine(x, -0.5, 0.125)})
}

// compareLayer runs one layer alone: its output, the gradients of Σ y·r, and its weights
// after three steps of Adam on that.
func compareLayer(t *testing.T, k keras, l layer.Layer) {
	g := G.NewGraph()
	x, r := k.node(g, "x"), k.node(g, "r")
	own := l.Weights(layer.Shape(x.Shape()[1:]))
	wrt := []*G.Node{x}
	var weights []*G.Node
	var trained []string
	for i, w := range own {
		weights = append(weights, k.node(g, "weights/"+w.Name))
		if w.Trainable {
			wrt, trained = append(wrt, weights[i]), append(trained, w.Name)
		}
	}
	if len(trained) < len(own) {
		compareInference(t, k, l)
	}
	graph := &layer.Graph{Training: k.Metadata["training"] != "false"}
	graph.Random = func() random.Stream { return random.New() }
	y := l.Build(graph, x, weights)
	loss := G.Must(G.Sum(G.Must(G.HadamardProd(y, r))))
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	m := machinetest.New(t, append(grads, y)...) // which has run once
	values := func(n *G.Node) []float32 { return machinetest.Floats(m.Value(n)) }
	closeTo(t, "output", values(y), k.data("y"))
	if dx, ok := k.Tensor("dx"); ok {
		closeTo(t, "gradient of the input", values(grads[0]), dx.Data)
	}
	if mixer, ok := layer.As[layer.Mixer](l); ok {
		compareLabels(t, k, mixer, graph)
	}
	for i, name := range trained {
		closeTo(t, "gradient of "+name, values(grads[i+1]), k.data("grad/"+name))
	}
	solver := optimizer.Optimizers.Default("adam")
	for step := range 3 {
		if step > 0 {
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		var params []G.ValueGrad
		for i, w := range wrt[1:] {
			params = append(params, param{w.Value(), m.Value(grads[i+1])})
		}
		if err := solver.Step(params); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range own {
		closeTo(t, w.Name+" after three steps", machinetest.Floats(weights[i].Value()), k.data("adam3/"+w.Name))
	}
}

// compareLabels compares the parts of each image of one label of its own: its own and that of the
// next image.
func compareLabels(t *testing.T, k keras, l layer.Mixer, g *layer.Graph) {
	x, _ := k.Tensor("x")
	n := x.Shape[0]
	own, labels := make([]float32, n), make([]float32, n*n)
	l.Own(g, layer.Shape(x.Shape[1:]), own)
	for i, part := range own {
		labels[i*n+i], labels[i*n+(i+1)%n] = part, 1-part
	}
	closeTo(t, "labels", labels, k.data("labels"))
}

// compareInference runs one layer in inference mode.
func compareInference(t *testing.T, k keras, l layer.Layer) {
	g := G.NewGraph()
	x := k.node(g, "x")
	var weights []*G.Node
	for _, w := range l.Weights(layer.Shape(x.Shape()[1:])) {
		weights = append(weights, k.node(g, "weights/"+w.Name))
	}
	y := l.Build(&layer.Graph{}, x, weights)
	closeTo(t, "output in use", machinetest.Floats(machinetest.New(t, y).Value(y)), k.data("inference"))
}

func TestModelsEqualKeras(t *testing.T) {
	eachKeras(t, "model_*.safetensors", func(t *testing.T, k keras) {
		var problems spec.Problems
		s := spec.Parse("keras", []byte(k.Metadata["spec"]), nil, &problems)
		plan := builder.NewPlan(s, &problems)
		config := train.NewConfig(s.Train, &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		m := plan.NewModel(0)
		if err := plan.WeighClasses(make([]string, plan.Classes()), nil); err != nil {
			t.Fatal(err)
		}
		for _, w := range m.Weights() {
			copy(w.Data, k.data("weights/"+w.Name))
		}
		config.CheckWeights(plan.Trained(), &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		x, labels := k.data("x"), classes(k, plan)
		loss, p, err := m.Evaluate(x, labels)
		if err != nil {
			t.Fatal(err)
		}
		if want, ok := k.Tensor("evaluation"); ok {
			closeTo(t, "loss in evaluation", []float32{loss}, want.Data)
		}
		if plan.Outputs() == 1 { // the probability of the second class
			closeTo(t, "predictions", everySecond(p), k.data("predictions"))
		} else {
			closeTo(t, "predictions", p, k.data("predictions"))
		}
		for step, want := range k.data("losses") {
			prepared, err := m.Prepare(batch.Loaded{Place: batch.Place{Step: step}, N: len(labels), Images: x, Labels: labels})
			if err != nil {
				t.Fatal(err)
			}
			loss, _, err := m.Step(prepared)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, fmt.Sprintf("loss of step %d", step+1), []float32{loss}, []float32{want})
			if step == 0 {
				for _, p := range m.Params() {
					g, _ := p.Grad()
					name := p.(interface{ Name() string }).Name()
					closeTo(t, "gradient of "+name, g.(*tensor.Dense).Float32s(), k.data("grad/"+name))
				}
			}
			if err := config.Optimizer.Step(m.Params()); err != nil {
				t.Fatal(err)
			}
		}
		for _, w := range m.Weights() {
			closeTo(t, w.Name+" after three steps", w.Data, k.data("step3/"+w.Name))
		}
		averaged, err := config.Optimizer.Swap(m.Params())
		if err != nil || averaged != strings.Contains(k.Metadata["spec"], "use_ema") {
			t.Errorf("averages: %v, %v", averaged, err)
		}
		for _, w := range m.Weights() {
			if averaged {
				closeTo(t, "average of "+w.Name, w.Data, k.data("average/"+w.Name))
			}
		}
	})
}

func everySecond(v []float32) (second []float32) {
	for pair := range slices.Chunk(v, 2) {
		second = append(second, pair[1])
	}
	return second
}

// classes converts one-hot rows to classes, and rows of decisions to labels.
func classes(k keras, plan *builder.Plan) (labels []int) {
	rows, _ := k.Tensor("labels")
	n := rows.Shape[1]
	var sets [][]int
	for row := range slices.Chunk(rows.Data, n) {
		var classes []int
		for c, v := range row {
			if v == 1 {
				classes = append(classes, c)
			}
		}
		switch {
		case n == 1:
			labels = append(labels, len(classes))
		case !plan.Separate():
			labels = append(labels, classes[0])
		default:
			labels, sets = append(labels, len(sets)), append(sets, classes)
		}
	}
	if err := plan.SetLabels(sets); err != nil {
		k.t.Fatal(err)
	}
	return labels
}

// Where Keras's recipe sees evidence for a class, so do we: in each of three images for each of
// three classes, behind a rectified, a plain and an earlier convolution.
func TestGradCAMEqualsKeras(t *testing.T) {
	eachKeras(t, "gradcam.safetensors", func(t *testing.T, k keras) {
		var problems spec.Problems
		plan := builder.NewPlan(spec.Parse("keras", []byte(k.Metadata["spec"]), nil, &problems), &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		m := plan.NewModel(0)
		for _, w := range m.Weights() {
			copy(w.Data, k.data("weights/"+w.Name))
		}
		size := plan.Input.Size()
		for _, label := range []string{"relu", "conv2d_1", "conv2d"} {
			want := k.data("heat/" + label)
			for i := range 9 {
				asked := label
				if label == "relu" {
					asked = "" // that is what is looked at
				}
				heat, err := m.GradCAM(k.data("x")[i/3*size:][:size], i%3, asked)
				if err != nil {
					t.Fatal(err)
				}
				if n := heat.H * heat.W; heat.Layer != label || 9*n != len(want) {
					t.Fatalf("%s: %dx%d of %s", label, heat.H, heat.W, heat.Layer)
				} else {
					closeTo(t, fmt.Sprintf("%s, image %d, class %d", label, i/3, i%3), heat.Values, want[i*n:][:n])
				}
			}
		}
		for label, want := range map[string]string{"dense": "is no map over the image", "conv2": `did you mean "conv2d"`} {
			if _, err := m.GradCAM(k.data("x")[:size], 0, label); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", label, err)
			}
		}
	})
}
