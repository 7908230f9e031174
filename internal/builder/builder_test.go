package builder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cnntrain/internal/batch"
	"cnntrain/internal/kernels"
	"cnntrain/internal/machine/machinetest"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/optimizer"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const tiny = `
input: [9, 8, 2]
layers:
  - rescaling: 1/255
  - conv2d: {filters: 4, kernel_size: 3, activation: relu}
  - max_pooling2d
  - conv2d: {filters: 5, kernel_size: 3, padding: same, activation: relu}
  - flatten
  - dense: {units: 6, activation: relu}
  - dense: {units: 3, activation: softmax}
`

func plan(t *testing.T, text string) *Plan {
	t.Helper()
	var problems spec.Problems
	p := NewPlan(spec.Parse("tiny.yaml", []byte(text), nil, &problems), &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return p
}

// examples returns n images and labels for tiny.
func examples(n int) (images []float32, labels []int) {
	images, labels = make([]float32, n*9*8*2), make([]int, n)
	for i := range images {
		images[i] = float32(i * 7919 % 256)
	}
	for i := range labels {
		labels[i] = i % 3
	}
	return images, labels
}

// loaded is a whole batch for a step.
func loaded(step int, images []float32, labels []int) batch.Loaded {
	return batch.Loaded{Place: batch.Place{Step: step}, N: len(labels), Images: images, Labels: labels}
}

// prepareAndStep trains on images that are not prepared yet.
func prepareAndStep(m *Model, step int, images []float32, labels []int) (float32, []float32, error) {
	prepared, err := m.Prepare(loaded(step, images, labels))
	if err != nil {
		return 0, nil, err
	}
	return m.Step(prepared)
}

func TestPlanInfersShapesAndCountsWeights(t *testing.T) {
	p := plan(t, tiny)
	var shapes []string
	for _, l := range p.Layers {
		shapes = append(shapes, l.Label+" "+l.Out.String())
	}
	want := "rescaling 9x8x2, conv2d 7x6x4, max_pooling2d 3x3x4, conv2d_1 3x3x5, flatten 45, dense 6, dense_1 3"
	if got := strings.Join(shapes, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if trainable, frozen := p.Params(); trainable != 76+185+276+21 || frozen != 0 {
		t.Errorf("%d and %d parameters", trainable, frozen)
	}
}

func TestPlanProblems(t *testing.T) {
	for _, c := range []struct{ name, layers, want string }{
		{"a shape that falls to zero", "[max_pooling2d, max_pooling2d, flatten, dense: 3]",
			"x.yaml:2:25: max_pooling2d_1: a window of 2x2 is larger than the input of 1x1x1; use padding: same, or fewer pooling layers before it"},
		{"an output that is a map", "[relu]",
			"x.yaml:2:10: relu: the model ends in 2x2x1 values; a classifier ends in one value per class, as flatten and dense: {units: 10, activation: softmax} make it"},
		{"a size beyond memory", "[flatten, dense: {units: 2000000000, activation: softmax}]",
			"x.yaml:2:19: dense: 4x2000000000 is over 2147483647 values"},
		{"scores where the loss wants probabilities", "[relu, flatten, dense: 3]",
			"x.yaml:2:25: dense: its activation is linear and no softmax follows, but categorical_crossentropy needs probabilities; set activation: softmax, or add the layer softmax at the end"},
		{"one output", "[flatten, dense: {units: 1, activation: softmax}]",
			"x.yaml:2:19: dense: one output cannot tell classes apart by categorical_crossentropy; set loss: binary_crossentropy and activation: sigmoid for two classes, or units to the number of classes"},
		{"rectified scores", "[flatten, dense: 3, rescaling: 2, relu]",
			"x.yaml:2:43: relu: its activation is relu and no softmax follows,"},
		{"a range that is not that of the images", "[rescaling: 1/255, random_flip, random_brightness: 0.2, random_contrast: {factor: 0.1, value_range: [0, 1]}, flatten, dense: {units: 3, activation: softmax}]",
			"x.yaml:2:41: random_brightness: images go from 0 to 1 here, and value_range is [0, 255]; say value_range: [0, 1]"},
		{"a range that would be cut off", "[random_contrast: {factor: 0.1, value_range: [0, 1]}, rescaling: {scale: 1/127.5, offset: -1}, random_contrast: 0.1, flatten, dense: {units: 3, activation: softmax}]",
			"x.yaml:2:10: random_contrast: images go from 0 to 255 here, and value_range is [0, 1]; say value_range: [0, 255]\nx.yaml:2:104: random_contrast_1: images go from -1 to 1 here, and value_range is [0, 255]; say value_range: [-1, 1]"},
		{"two things at the end", "[flatten, dense: 0, max_pooling2d, dense: 3]",
			"x.yaml:2:26: dense: \"units\" must be at least 1, got 0"},
		{"several at once", "[conv: 3, dense: 0, dropot: 1]",
			"x.yaml:2:10: unknown layer \"conv\"; did you mean \"conv2d\"?\nx.yaml:2:26: dense: \"units\" must be at least 1, got 0\nx.yaml:2:29: unknown layer \"dropot\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var problems spec.Problems
			NewPlan(spec.Parse("x.yaml", []byte("input: [2, 2, 1]\nlayers: "+c.layers+"\n"), nil, &problems), &problems)
			if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// Behind a layer that is not there, no shape is known and a softmax may have been.
func TestAnUnknownStartIsOneProblem(t *testing.T) {
	const layers = "[max_pooling2d: {name: half}, add: [[from: haf], [{conv2d: {filters: 3, kernel_size: 1}}]], flatten, relu]"
	var problems spec.Problems
	NewPlan(spec.Parse("x.yaml", []byte("input: [2, 2, 1]\nlayers: "+layers+"\n"), nil, &problems), &problems)
	const want = `x.yaml:2:52: from: no layer before it has the option name: haf; did you mean "half"?`
	if err := problems.Err(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestModelsWithASoftmaxEndAsTheyLike(t *testing.T) {
	for _, layers := range []string{
		"[flatten, dense: {units: 3, activation: softmax}]",
		"[flatten, dense: 3, softmax]",
		"[flatten, dense: 3, activation: softmax]",
		"[flatten, dense: {units: 3, activation: softmax}, rescaling: 2]",
		"[flatten, softmax, dense: 3]",
	} {
		p := plan(t, "input: [2, 2, 1]\nlayers: "+layers+"\n")
		if !p.Complete {
			t.Errorf("%s is not complete", layers)
		}
	}
}

func TestABlockCannotHideALayer(t *testing.T) {
	var problems spec.Problems
	text := "input: [2, 2, 1]\nblocks: {dense: {layers: [flatten]}}\nlayers: [dense]\n"
	NewPlan(spec.Parse("x.yaml", []byte(text), nil, &problems), &problems)
	if want := `x.yaml:2:10: a block cannot be called "dense"; a layer is`; problems.Err() == nil || problems.Err().Error() != want {
		t.Errorf("got %v", problems.Err())
	}
}

func TestWeightsDependOnTheSeedAlone(t *testing.T) {
	a, b, c := plan(t, tiny).NewModel(1), plan(t, tiny).NewModel(1), plan(t, tiny).NewModel(2)
	for i, w := range a.Weights() {
		if !slices.Equal(w.Data, b.Weights()[i].Data) {
			t.Errorf("%s differs between two models of one seed", w.Name)
		}
		if strings.HasSuffix(w.Name, "kernel") && slices.Equal(w.Data, c.Weights()[i].Data) {
			t.Errorf("%s is the same for two seeds", w.Name)
		}
	}
}

// The machine, whose outputs share memory, returns the same bytes as Gorgonia's
// TapeMachine, which allocates each output, for the same graph.
// skipped has normalizations that the machine could compute in the place of what skips them.
const skipped = `
input: [9, 8, 2]
layers:
  - conv2d: {filters: 4, kernel_size: 3, trainable: false}
  - relu
  - residual: [batch_normalization: {trainable: false}]
  - relu
  - residual: [batch_normalization: {trainable: false}, dropout: 0.1]
  - add: [[flatten, batch_normalization], [flatten]]
  - dense: {units: 3, activation: softmax}
`

func TestMachineEqualsTapeMachine(t *testing.T) {
	for name, text := range map[string]string{"tiny": tiny, "normed": normed, "penalized": penalized, "skipped": skipped} {
		t.Run(name, func(t *testing.T) { checkMachine(t, plan(t, text).NewModel(3)) })
	}
}

// Random networks with paths: whatever layers are computed together and in the memory of others, each has the
// bits of Gorgonia's TapeMachine, where outputs have memory of their own, and of a graph without fused layers.
func TestRandomNetworksEqualTapeMachine(t *testing.T) {
	n := 60
	if testing.Short() {
		n = 20
	}
	for seed := range n {
		text := randomNetwork(rand.New(rand.NewPCG(uint64(seed), 1)))
		if !t.Run(strconv.Itoa(seed), func(t *testing.T) { checkMachine(t, plan(t, text).NewModel(3)) }) {
			t.Log(text)
		}
	}
}

// randomNetwork is a spec for images [9,8,2] and 3 classes, or 2, whose layers keep the size.
func randomNetwork(r *rand.Rand) string {
	var text strings.Builder
	text.WriteString("input: [9, 8, 2]\n")
	end := "  - dense: {units: 3, activation: softmax}\n"
	if r.IntN(3) == 0 {
		text.WriteString("train: {loss: binary_crossentropy}\n")
		end = "  - dense: 1\n" + []string{"", "  - batch_normalization\n"}[r.IntN(2)] + "  - activation: sigmoid\n"
	}
	text.WriteString("layers:\n  - rescaling: 1/255\n  - conv2d: {filters: 4, kernel_size: 3, padding: same}\n")
	randomLayers(r, &text, "  ", 2, 3+r.IntN(4))
	text.WriteString([]string{"  - flatten\n", "  - global_average_pooling2d\n"}[r.IntN(2)] + end)
	return text.String()
}

// randomLayers writes so many layers that take and return maps of 4 channels, with paths up to a depth.
func randomLayers(r *rand.Rand, text *strings.Builder, indent string, depth, n int) {
	paths := func(name string, least int) {
		fmt.Fprintf(text, "%s- %s:\n", indent, name)
		for i := range 2 + r.IntN(2) {
			if i >= least && r.IntN(2) == 0 {
				fmt.Fprintf(text, "%s    - []\n", indent)
				continue
			}
			fmt.Fprintf(text, "%s    -\n", indent)
			randomLayers(r, text, indent+"      ", depth-1, 1+r.IntN(3))
		}
	}
	for range n {
		kind := r.IntN(4)
		if depth == 0 {
			kind = 3
		}
		switch kind {
		case 0:
			fmt.Fprintf(text, "%s- residual:\n", indent)
			randomLayers(r, text, indent+"    ", depth-1, 1+r.IntN(3))
		case 1:
			paths([]string{"add", "multiply", "average", "maximum"}[r.IntN(4)], 1)
		case 2:
			paths("concatenate", 0)
			fmt.Fprintf(text, "%s- conv2d: {filters: 4, kernel_size: 1}\n", indent)
		default:
			fmt.Fprintf(text, "%s- %s\n", indent, []string{
				"batch_normalization", "batch_normalization", "batch_normalization: {trainable: false}", "batch_normalization: {scale: false}",
				"relu", "relu", "relu6", "silu", "sigmoid", "tanh", "prelu", "dropout: 0.2", "rescaling: {scale: 2, offset: 1}",
				"conv2d: {filters: 4, kernel_size: 3, padding: same}", "conv2d: {filters: 4, kernel_size: 1, trainable: false}",
				"conv2d: {filters: 4, kernel_size: 1, activation: relu}", "depthwise_conv2d: {kernel_size: 3, padding: same}",
				"repeat: 1\n" + indent + "  layers: [zero_padding2d: 1, conv2d: {filters: 4, kernel_size: 3}]",
				"max_pooling2d: {pool_size: 3, strides: 1, padding: same}", "layer_normalization", "group_normalization: 2",
				"multiply: [[], [global_average_pooling2d: {keepdims: true}, conv2d: {filters: 4, kernel_size: 1}, activation: sigmoid]]",
			}[r.IntN(22)])
		}
	}
}

func checkMachine(t *testing.T, m *Model) {
	images, labels := examples(5)
	for i := range labels {
		labels[i] %= m.Classes()
	}
	loss, probabilities, err := prepareAndStep(m, 0, images, labels)
	if err != nil {
		t.Fatal(err)
	}
	probabilities = slices.Clone(probabilities)
	var grads [][]float32
	for _, p := range m.Params() {
		grad, _ := p.Grad()
		grads = append(grads, slices.Clone(grad.(*tensor.Dense).Float32s()))
	}
	g, err := m.newGraph(graphKey{batch: 5, training: true})
	if err != nil {
		t.Fatal(err)
	}
	copy(g.feeds[0].memory, images)
	copy(g.targets, m.graphs[graphKey{batch: 5, training: true}].targets)
	tape := machinetest.New(t, append(slices.Clone(g.grads), g.output, g.loss)...)
	value := func(n *G.Node) []float32 { return machinetest.Floats(tape.Value(n)) }
	outputs := func() []float32 { // as probabilities of all classes
		p := value(g.output)
		if g.both == nil {
			return p
		}
		for i, p := range p {
			g.both[2*i], g.both[2*i+1] = 1-p, p
		}
		return g.both
	}
	if got := value(g.loss)[0]; got != loss {
		t.Errorf("loss %g, the tape has %g", loss, got)
	}
	if !slices.Equal(probabilities, outputs()) {
		t.Error("other probabilities than the tape")
	}
	for i, n := range g.grads {
		if !slices.Equal(grads[i], value(n)) {
			t.Errorf("another gradient of %s than the tape", m.ParamName(i))
		}
	}
	if g, err = m.newGraph(graphKey{batch: 5, training: true, apart: true}); err != nil {
		t.Fatal(err)
	}
	copy(g.feeds[0].memory, images)
	copy(g.targets, m.graphs[graphKey{batch: 5, training: true}].targets)
	tape = machinetest.New(t, append(slices.Clone(g.grads), g.output, g.loss)...)
	if !slices.Equal(probabilities, outputs()) || value(g.loss)[0] != loss {
		t.Errorf("loss %g, without fused layers %g, or other probabilities", loss, value(g.loss)[0])
	}
	largest := float32(0)
	for _, grad := range grads {
		for _, v := range grad {
			largest = max(largest, v, -v)
		}
	}
	for i, n := range g.grads { // whose sums may be taken in another order
		for k, v := range value(n) {
			if diff := float64(grads[i][k] - v); !(math.Abs(diff) <= 1e-5*float64(largest)) {
				t.Errorf("gradient %d of %s: %g, without fused layers %g", k, m.ParamName(i), grads[i][k], v)
				break
			}
		}
	}

	if loss, probabilities, err = m.Evaluate(images, labels); err != nil {
		t.Fatal(err)
	}
	if g, err = m.newGraph(graphKey{batch: 5}); err != nil {
		t.Fatal(err)
	}
	copy(g.feeds[0].memory, images)
	copy(g.targets, m.graphs[graphKey{batch: 5}].targets)
	tape = machinetest.New(t, g.output, g.loss)
	if got := value(g.loss)[0]; got != loss || !slices.Equal(probabilities, outputs()) {
		t.Errorf("evaluation: loss %g, the tape has %g, or other probabilities", loss, got)
	}

	probabilities = slices.Clone(probabilities)
	m.Fold()
	_, folded, err := m.Evaluate(images, labels)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range folded {
		if diff := float64(p - probabilities[i]); !(math.Abs(diff) <= 1e-4) {
			t.Fatalf("probability %d: %g, folded %g", i, probabilities[i], p)
		}
	}
}

func TestOutputsShareMemory(t *testing.T) {
	m := plan(t, tiny).NewModel(3)
	images, labels := examples(7)
	for _, n := range []int{3, 7, 5} { // the second graph needs more memory
		if _, _, err := prepareAndStep(m, 0, images[:n*9*8*2], labels[:n]); err != nil {
			t.Fatal(err)
		}
	}
	machine := m.graphs[graphKey{batch: 7, training: true}].machine
	sum := 0
	for _, n := range machine.Steps() {
		sum += n.Shape().TotalSize()
	}
	if size := machine.Size(); size != len(m.memory) || size > sum*2/3 {
		t.Errorf("%d values of memory for outputs of %d, planned %d", len(m.memory), sum, size)
	}
}

func TestMachineLeavesOutWhatNobodyReads(t *testing.T) {
	m := plan(t, tiny).NewModel(3)
	images, labels := examples(2)
	if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
		t.Fatal(err)
	}
	conv := 0
	for _, n := range m.graphs[graphKey{batch: 2, training: true}].machine.Steps() {
		if n.Op().String() == "conv2d_grad_x" {
			conv++
		}
	}
	if conv != 1 {
		t.Errorf("%d gradients of inputs of convolutions, want that of the second one only", conv)
	}
}

func TestGraphsShareWeights(t *testing.T) {
	m := plan(t, tiny).NewModel(3)
	images, labels := examples(4)
	before, _, err := m.Evaluate(images, labels)
	if err != nil {
		t.Fatal(err)
	}
	adam := optimizer.Optimizers.Default("adam")
	for _, n := range []int{4, 3, 4, 3, 4} { // full and smaller batches
		if _, _, err := prepareAndStep(m, 0, images[:n*9*8*2], labels[:n]); err != nil {
			t.Fatal(err)
		}
		if err := adam.Step(m.Params()); err != nil {
			t.Fatal(err)
		}
	}
	after, _, err := m.Evaluate(images, labels)
	if err != nil {
		t.Fatal(err)
	}
	if !(after < before) {
		t.Errorf("loss %g before, %g after five steps", before, after)
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	dropped := strings.Replace(tiny, "- flatten", "- dropout: 0.5\n  - flatten", 1)
	for name, text := range map[string]string{"tiny": tiny, "normed": normed, "dropped": dropped, "penalized": penalized} {
		t.Run(name, func(t *testing.T) { checkAllocations(t, plan(t, text).NewModel(3)) })
	}
}

func checkAllocations(t *testing.T, m *Model) {
	images, labels := examples(4)
	adam := optimizer.Optimizers.Default("adam")
	step := func() {
		if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
			t.Fatal(err)
		}
		if err := adam.Step(m.Params()); err != nil {
			t.Fatal(err)
		}
	}
	step()
	for _, threads := range []int{1, 2} {
		kernels.SetThreads(threads)
		if n := testing.AllocsPerRun(20, step); n > 0 {
			t.Errorf("%d threads: %v objects a step", threads, n)
		}
	}
	kernels.SetThreads(0)
}

const normed = `
input: [9, 8, 2]
layers:
  - flatten
  - dense: {units: 6, use_bias: false, name: kept, trainable: false}
  - batch_normalization: {momentum: 0.5}
  - batch_normalization: {momentum: 0.5, trainable: false}
  - dense: {units: 3, activation: softmax}
`

// weights returns copies of all weights by name.
func weights(m *Model) map[string][]float32 {
	copies := map[string][]float32{}
	for _, w := range m.Weights() {
		copies[w.Name] = slices.Clone(w.Data)
	}
	return copies
}

func TestAStepMovesAveragesAndEvaluationDoesNot(t *testing.T) {
	m := plan(t, normed).NewModel(3)
	images, labels := examples(4)
	start := weights(m)
	if _, _, err := m.Evaluate(images, labels); err != nil {
		t.Fatal(err)
	}
	for name, w := range weights(m) {
		if !slices.Equal(w, start[name]) {
			t.Errorf("evaluation changed %s", name)
		}
	}
	if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
		t.Fatal(err)
	}
	once := weights(m)
	if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
		t.Fatal(err)
	}
	// Initialised with 0 and updated with the mean of two equal halves: 0.5, then 0.75 of
	// it.
	twice := weights(m)["batch_normalization/moving_mean"]
	for i, v := range once["batch_normalization/moving_mean"] {
		if v == 0 || math.Abs(float64(twice[i]/v)-1.5) > 1e-5 {
			t.Errorf("moving mean %d is %g after a step, %g after two", i, v, twice[i])
		}
	}
}

func TestFrozenLayersStayAsTheyAre(t *testing.T) {
	p := plan(t, normed)
	if trainable, frozen := p.Params(); trainable != 2*6+21 || frozen != 144*6+2*6+4*6 {
		t.Errorf("%d and %d parameters", trainable, frozen)
	}
	m := p.NewModel(3)
	images, labels := examples(4)
	adam := optimizer.Optimizers.Default("adam")
	start := weights(m)
	for range 3 {
		if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
			t.Fatal(err)
		}
		if err := adam.Step(m.Params()); err != nil {
			t.Fatal(err)
		}
	}
	for name, w := range weights(m) {
		frozen := strings.HasPrefix(name, "kept/") || strings.HasPrefix(name, "batch_normalization_1/")
		if slices.Equal(w, start[name]) != frozen {
			t.Errorf("%s is %v, was %v", name, w, start[name])
		}
	}
}

const dropping = `
input: [4, 4, 1]
layers: [flatten, dropout: 0.5, dense: {units: 3, activation: softmax}]
`

// Random numbers depend on the seed, the layer, the step and the position in the batch;
// inference draws none.
func TestRandomnessIsCounted(t *testing.T) {
	images, labels := make([]float32, 4*16), make([]int, 4)
	for i := range images {
		images[i] = float32(i%16 + 1) // the images of a batch are equal
	}
	m := plan(t, dropping).NewModel(1)
	step := func(m *Model, step, n int) []float32 {
		_, p, err := prepareAndStep(m, step, images[:n*16], labels[:n])
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(p)
	}
	first := step(m, 5, 4)
	if slices.Equal(first, step(m, 6, 4)) {
		t.Error("two steps have one mask")
	}
	if slices.Equal(first[:3], first[3:6]) {
		t.Error("two images have one mask")
	}
	if !slices.Equal(first, step(m, 5, 4)) {
		t.Error("a step run again has another mask")
	}
	if !slices.Equal(first[:6], step(m, 5, 2)) {
		t.Error("the mask of an image depends on the size of the batch")
	}
	if slices.Equal(first, step(plan(t, dropping).NewModel(2), 5, 4)) {
		t.Error("two seeds have one mask")
	}
	_, p, err := m.Evaluate(images, labels)
	if err != nil || !slices.Equal(p[:3], p[3:6]) {
		t.Errorf("something is random in use: %v, %v", p, err)
	}
}

// Random numbers are keyed by the path of the layer: its index in the list, or the indices
// in nested lists, so that no two layers share a dropout mask.
func TestLayersDrawByTheirPaths(t *testing.T) {
	const seed = 7
	m := plan(t, dropping).NewModel(seed)
	at := &batch.Place{Step: 5}
	draws := func(path ...uint64) random.Stream { return m.layerGraph(Layer{path: path}, true, at).Random() }
	if p := m.plan.Layers[1].path; !slices.Equal(p, []uint64{1}) || draws(p...) != random.New(seed, drawKey, 1, 5) {
		t.Errorf("the layer at place 1 draws by the path %v other numbers than before", p)
	}
	if got := m.layerGraph(m.plan.Layers[1], true, at).Random(); got != draws(1) {
		t.Error("a layer does not draw by its path")
	}
	seen := map[random.Stream][]uint64{}
	for _, path := range [][]uint64{{0}, {1}, {1, 0}, {1, 1}, {1, 0, 0}, {1, 0, 1}, {2}, {2, 0, 1}} {
		for at.Step = range 3 {
			if other, ok := seen[draws(path...)]; ok {
				t.Errorf("layers %v and %v draw the same numbers", path, other)
			}
			seen[draws(path...)] = path
		}
	}
}

const penalized = `
input: [9, 8, 2]
layers:
  - conv2d: {filters: 3, kernel_size: 5, kernel_regularizer: {l1: 0.02}, bias_initializer: {constant: 1}, bias_regularizer: l2}
  - flatten
  - dense: {units: 4, kernel_regularizer: {l1: 0.03, l2: 0.05}}
  - dense: {units: 5, kernel_regularizer: l2, trainable: false}
  - dense: {units: 3, activation: softmax}
`

func TestPenaltiesAreInTheLossOfTrainingAndEvaluation(t *testing.T) {
	m := plan(t, penalized).NewModel(3)
	without := plan(t, strings.NewReplacer("0.02", "0", "0.03", "0", "0.05", "0", "bias_regularizer: l2", "bias_regularizer: {l2: 0}").Replace(penalized)).NewModel(3)
	images, labels := examples(4)
	want := 0.0
	add := func(name string, l1, l2 float64) {
		for _, v := range weights(m)[name] {
			want += l1*math.Abs(float64(v)) + l2*float64(v)*float64(v)
		}
	}
	add("conv2d/kernel", 0.02, 0)
	add("conv2d/bias", 0, 0.01)
	add("dense/kernel", 0.03, 0.05)
	loss, _, err := prepareAndStep(without, 0, images, labels)
	if err != nil {
		t.Fatal(err)
	}
	want += float64(loss)
	evaluated, _, err := m.Evaluate(images, labels)
	if err != nil {
		t.Fatal(err)
	}
	trained, _, err := prepareAndStep(m, 0, images, labels)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(trained)-want) > 1e-6*want || math.Abs(float64(evaluated)-want) > 1e-6*want {
		t.Errorf("losses %g and %g, want %g", trained, evaluated, want)
	}
	for i, p := range m.Params() {
		name := p.(*weight).name
		grad, _ := p.Grad()
		plain, _ := without.Params()[i].Grad()
		for j, v := range weights(m)[name] {
			want := float64(plain.(*tensor.Dense).Float32s()[j])
			sign := math.Copysign(1, float64(v))
			switch name {
			case "conv2d/kernel":
				want += 0.02 * sign
			case "conv2d/bias":
				want += 0.02 * float64(v)
			case "dense/kernel":
				want += 0.03*sign + 0.1*float64(v)
			}
			if got := float64(grad.(*tensor.Dense).Float32s()[j]); math.Abs(got-want) > 1e-5*max(1, math.Abs(want)) {
				t.Fatalf("gradient %d of %s is %g, want %g", j, name, got, want)
			}
		}
	}
}

func TestUnknownLabelsAddNothingToTheLoss(t *testing.T) {
	m := plan(t, tiny).NewModel(3)
	images, _ := examples(2)
	loss, p, err := m.Evaluate(images, []int{-1, -1})
	if err != nil || loss != 0 {
		t.Errorf("loss %g, %v", loss, err)
	}
	var sum float64
	for _, v := range p {
		sum += float64(v)
	}
	if math.Abs(sum-2) > 1e-5 {
		t.Errorf("the probabilities of two images sum up to %g", sum)
	}
}

// weighted is tiny with class weights.
func weighted(t *testing.T, weights string) *Plan {
	return plan(t, tiny+"train: {class_weight: "+weights+"}\n")
}

func TestClassWeightsScaleTheLossOfTraining(t *testing.T) {
	images, _ := examples(1)
	loss := func(p *Plan, label int) (training, use float32) {
		m := p.NewModel(3)
		training, _, err1 := prepareAndStep(m, 0, images, []int{label})
		use, _, err2 := m.Evaluate(images, []int{label})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		return training, use
	}
	for _, weights := range []string{"[1, 0.5, 4]", "{dog: 0.5, eel: 4}", "{1: 0.5, eel: 4}"} {
		p := weighted(t, weights)
		if err := p.WeighClasses([]string{"cat", "dog", "eel"}, nil); err != nil {
			t.Fatal(err)
		}
		for label, weight := range []float32{1, 0.5, 4} {
			plain, _ := loss(plan(t, tiny), label)
			training, use := loss(p, label)
			if math.Abs(float64(training/(weight*plain)-1)) > 1e-6 || use != plain {
				t.Errorf("%s, class %d: loss %g in training and %g in use, unweighted %g", weights, label, training, use, plain)
			}
		}
	}
}

func TestClassWeightsNameTheirClasses(t *testing.T) {
	for weights, want := range map[string]string{
		"[1, 2]":   "class_weight lists 2 weights for 3 classes",
		"{dgo: 2}": `class_weight: no class "dgo"; did you mean "dog"?`,
		"{3: 2}":   `class_weight: no class "3"`,
	} {
		if err := weighted(t, weights).WeighClasses([]string{"cat", "dog", "eel"}, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", weights, err)
		}
	}
}

func TestWrongInputIsAnError(t *testing.T) {
	m := plan(t, tiny).NewModel(3)
	images, labels := examples(2)
	if _, _, err := prepareAndStep(m, 0, images[1:], labels); err == nil {
		t.Error("took too few pixels")
	}
	if _, _, err := prepareAndStep(m, 0, images, []int{0, 3}); err == nil {
		t.Error("took a class beyond the outputs")
	}
}

// What is planned is what the graphs take: both are built, nothing is placed.
func TestMemoryIsThatOfTheLayout(t *testing.T) {
	p := plan(t, tiny)
	m := p.NewModel(1)
	const batch = 50
	planned, err := m.Memory(batch)
	if err != nil || m.memory != nil {
		t.Fatalf("%v; %d values allocated", err, len(m.memory))
	}
	images, labels := examples(batch)
	if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Evaluate(images, labels); err != nil {
		t.Fatal(err)
	}
	trainable, frozen := p.Params()
	if real := 4 * (trainable + frozen + len(m.memory) + 4*len(images) + 2*batch*p.Classes()); planned != int64(real) {
		t.Errorf("%d bytes planned, %d used", planned, real)
	}
	if again, err := m.Memory(batch); err != nil || again != planned {
		t.Errorf("%d bytes after a step, %v", again, err)
	}
}

func TestRegularizersAreNamedTogetherOrApart(t *testing.T) {
	for _, c := range []struct{ regularizer, want string }{
		{"{l1: 0.03, l2: 0.05}", ""},
		{"{l1_l2: {l1: 0.03, l2: 0.05}}", ""},
		{"{l1: 0.03, l3: 0.05}", "x.yaml:2:57: l1_l2: missing \"l2\": factor of the squares\nx.yaml:2:68: l1_l2: unknown option \"l3\"; did you mean \"l1\"?"},
		{"{l3: 0.05}", `x.yaml:2:57: unknown regularizer "l3"; did you mean "l1"?`},
	} {
		var problems spec.Problems
		text := "input: [1, 1, 1]\nlayers: [flatten, dense: {units: 2, kernel_regularizer: " + c.regularizer + "}, softmax]\n"
		NewPlan(spec.Parse("x.yaml", []byte(text), nil, &problems), &problems)
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %s", c.regularizer, got)
		}
	}
}

const augmented = `
input: [9, 8, 2]
layers:
  - rescaling: 1/255
  - random_flip: horizontal
  - random_rotation: 0.1
  - conv2d: {filters: 4, kernel_size: 3}
  - random_contrast: 0.5
  - flatten
  - dense: {units: 3, activation: softmax}
`

// Prepare runs the layers before the first weights on one batch while the previous batch is
// in use; the result does not depend on which of its buffers is used.
func TestAugmentationInFrontIsPrepared(t *testing.T) {
	m := plan(t, augmented).NewModel(3)
	if n := m.plan.fronts(); n != 3 {
		t.Fatalf("%d layers are prepared, want those up to random_rotation", n)
	}
	images, labels := examples(5)
	prepare := func(step, n int) []float32 {
		p, err := m.Prepare(loaded(step, images[:n*9*8*2], labels[:n]))
		if err != nil {
			t.Fatal(err)
		}
		return p.Images
	}
	first := prepare(0, 5)
	kept := slices.Clone(first)
	second := prepare(1, 5)
	if !slices.Equal(first, kept) {
		t.Error("the next batch overwrites the one in use")
	}
	if slices.Equal(first, second) || slices.Max(first) > 1 {
		t.Error("not rescaled, or two steps alike")
	}
	if again := prepare(0, 5); !slices.Equal(again, kept) {
		t.Error("a step prepared again is another")
	}
	if again := prepare(0, 3); !slices.Equal(again, kept[:len(again)]) {
		t.Error("what happens to an image depends on the size of the batch")
	}
	if _, _, err := m.Step(batch.Prepared{Images: kept, Labels: labels}); err != nil {
		t.Fatal(err)
	}
	for _, n := range m.graphs[graphKey{batch: 5, training: true}].machine.Steps() {
		if name := n.Op().String(); name == "warp" || name == "affine" {
			t.Errorf("the step computes %s too", name)
		}
	}
	if _, err := m.Prepare(loaded(0, images[1:], labels)); err == nil {
		t.Error("took too few pixels")
	}
}

func TestFirstNonFiniteNamesTheLayerThatNaNComesOutOf(t *testing.T) {
	for weight, want := range map[string]string{
		"conv2d/kernel": "conv2d", "conv2d_1/bias": "conv2d_1", "dense/kernel": "dense", "dense_1/bias": "dense_1", "": "",
	} {
		m := plan(t, tiny).NewModel(1)
		for _, w := range m.Weights() {
			if w.Name == weight {
				w.Data[0] = float32(math.NaN())
			}
		}
		images, labels := examples(4)
		if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
			t.Fatal(err)
		}
		if got, err := m.FirstNonFinite(); err != nil || got != want {
			t.Errorf("NaN in %q: %q, %v, want %q", weight, got, err, want)
		}
	}
}

// Layers that are computed together with the one after them are looked at by themselves.
func TestFirstNonFiniteNamesANormalization(t *testing.T) {
	for _, after := range []string{"[relu]", "[silu]", "[tanh]", "[sigmoid]", "[add: [[], [conv2d: {filters: 4, kernel_size: 1}]], relu]"} {
		m := plan(t, "input: [9, 8, 2]\nlayers:\n  - conv2d: {filters: 4, kernel_size: 1}\n  - batch_normalization: {name: norm}\n  - repeat: 1\n    layers: "+
			after+"\n  - flatten\n  - dense: {units: 3, activation: softmax}\n").NewModel(1)
		for _, w := range m.Weights() {
			if w.Name == "norm/gamma" {
				w.Data[0] = float32(math.Inf(1))
			}
		}
		images, labels := examples(4)
		if _, _, err := prepareAndStep(m, 0, images, labels); err != nil {
			t.Fatal(err)
		}
		if got, err := m.FirstNonFinite(); err != nil || got != "norm" {
			t.Errorf("%s: %q, %v, want norm", after, got, err)
		}
	}
}

// The layers of a path stand before those of the next one and before their merge.
func TestFirstNonFiniteLooksIntoPaths(t *testing.T) {
	for weight, want := range map[string]string{
		"stem/kernel": "stem", "first/kernel": "first", "second/bias": "second", "dense/bias": "dense", "": "",
	} {
		m := plan(t, `
input: [8, 8, 3]
data: {dataset: shapes}
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same, name: stem}
  - add:
      - [conv2d: {filters: 4, kernel_size: 1, name: first}, tanh]
      - [conv2d: {filters: 4, kernel_size: 1, name: second}, tanh]
      - []
  - flatten
  - dense: {units: 3, activation: softmax}
`).NewModel(1)
		found := weight == ""
		for _, w := range m.Weights() {
			if w.Name == weight {
				w.Data[0], found = float32(math.NaN()), true
			}
		}
		if !found {
			t.Fatalf("the model has no %s", weight)
		}
		images := make([]float32, 4*8*8*3)
		for i := range images {
			images[i] = float32(i % 7)
		}
		if _, _, err := prepareAndStep(m, 0, images, []int{0, 1, 2, 0}); err != nil {
			t.Fatal(err)
		}
		if got, err := m.FirstNonFinite(); err != nil || got != want {
			t.Errorf("NaN in %q: %q, %v, want %q", weight, got, err, want)
		}
	}
}

func TestParamNamesAreThoseOfWeights(t *testing.T) {
	m := plan(t, tiny).NewModel(1)
	for i, w := range m.Weights() { // all of them trainable
		if got := m.ParamName(i); got != w.Name {
			t.Errorf("parameter %d is %s, want %s", i, got, w.Name)
		}
	}
}

// Observe leaves the means of the statistics of batches, which a step leaves with a momentum of 0,
// whatever was there before, and changes no other weight.
func TestObserveIsTheMeanOfTheStatistics(t *testing.T) {
	images, labels := examples(9)
	of := func(i int) ([]float32, []int) { return images[i*3*9*8*2:][:3*9*8*2], labels[i*3:][:3] }
	want := map[string][]float64{}
	for i := range 3 {
		m := plan(t, strings.ReplaceAll(normed, "momentum: 0.5", "momentum: 0")).NewModel(3)
		x, y := of(i)
		if _, _, err := prepareAndStep(m, i, x, y); err != nil {
			t.Fatal(err)
		}
		for name, w := range weights(m) {
			if want[name] == nil {
				want[name] = make([]float64, len(w))
			}
			for k, v := range w {
				want[name][k] += float64(v) / 3
			}
		}
	}
	m := plan(t, normed).NewModel(3)
	if _, _, err := prepareAndStep(m, 0, images[:5*9*8*2], labels[:5]); err != nil { // something else
		t.Fatal(err)
	}
	for i := range 3 {
		prepared, err := m.Prepare(loaded(i, images[i*3*9*8*2:][:3*9*8*2], labels[i*3:][:3]))
		if err == nil {
			err = m.Observe(prepared, i)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, w := range weights(m) {
		for k, v := range w {
			if math.Abs(float64(v)-want[name][k]) > 1e-5*max(1, math.Abs(want[name][k])) {
				t.Errorf("%s[%d] is %g, want %g", name, k, v, want[name][k])
			}
		}
	}
}
