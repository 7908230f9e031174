package pretrained

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/spec"
)

// netSpec is the model of bench/interop/torch_weights.py.
const netSpec = `
input: [8, 6, 3]
data: {dataset: shapes}
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same, use_bias: false}
  - batch_normalization: {epsilon: 1e-5}
  - relu
  - depthwise_conv2d: {kernel_size: 3, padding: same, use_bias: false}
  - batch_normalization: {epsilon: 1e-5}
  - relu
  - conv2d: {filters: 5, kernel_size: 1, activation: relu}
  - max_pooling2d
  - flatten
  - dense: {units: 6, activation: relu}
  - dense: {units: 3, activation: softmax}
`

type net struct {
	*builder.Model
	spec *spec.Spec
	plan *builder.Plan
}

func newNet(t testing.TB, text string) net {
	t.Helper()
	var problems spec.Problems
	s := spec.Parse("net.yaml", []byte(text), nil, &problems)
	p := builder.NewPlan(s, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return net{p.NewModel(1), s, p}
}

func (n net) interop() *interop.Model { return interop.NewModel(n.spec, n.plan, n.Weights()) }

// assign finds the weights of n in a file of testdata, and loads them.
func (n net) assign(path string, partial bool) (a *Assignment, err error) {
	err = Open(path, func(f *File) error {
		a = f.Assign(n.interop())
		if err := a.Check(partial); err != nil {
			return err
		}
		return a.Load()
	})
	return a, err
}

// The probabilities are PyTorch's, for every form in which it writes the same weights.
func TestModelsPredictWhatTheyPredictInPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/net.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Images, Probabilities []float32 }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for file, tolerance := range map[string]float64{
		"net.pth": 1e-6, "net-legacy.pth": 1e-6, "net-channels-last.pth": 1e-6, "net.safetensors": 1e-6,
		"net-training.pth": 1e-6, // with averages of the weights, which are taken
		"net-half.pth":     1e-3, // weights in half precision
	} {
		t.Run(file, func(t *testing.T) {
			n := newNet(t, netSpec)
			a, err := n.assign("testdata/"+file, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Notes) > 0 {
				t.Errorf("notes %q of a model that computes the same", a.Notes)
			}
			_, got, err := n.Evaluate(golden.Images, []int{-1, -1})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range golden.Probabilities {
				if math.Abs(float64(got[i]-want)) > tolerance {
					t.Errorf("probability %d is %g, PyTorch has %g", i, got[i], want)
				}
			}
		})
	}
}

// With a head for other classes, what fits is taken, and what is new keeps its start.
func TestWhatFitsIsTaken(t *testing.T) {
	text := strings.ReplaceAll(netSpec, "units: 3", "units: 4")
	n := newNet(t, text)
	head := n.Weights()[len(n.Weights())-2]
	before := slices.Clone(head.Data)
	if _, err := n.assign("testdata/net.pth", false); err == nil || !strings.Contains(err.Error(), "net.pth: weights of another architecture: it has none for dense_1; the model has no layer for classifier.2; partial: true, or --partial, takes those that fit") {
		t.Errorf("all had to fit: %v", err)
	}
	a, err := n.assign("testdata/net.pth", true)
	if err != nil {
		t.Fatal(err)
	}
	want := "testdata/net.pth: weights of 6 of 7 layers; new: dense_1; left in the file: classifier.2"
	if got := a.Summary(); len(got) != 1 || got[0] != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	if !slices.Equal(before, head.Data) {
		t.Error("the weights of the new head changed")
	}
	if _, err := newNet(t, "input: [8, 6, 3]\ndata: {dataset: shapes}\nlayers:\n  - flatten\n  - dense: {units: 2, activation: softmax}\n").assign("testdata/net.pth", true); err == nil || !strings.Contains(err.Error(), "no weight in it fits the model") {
		t.Errorf("nothing fits: %v", err)
	}
}

// What PyTorch computes differently with its defaults is said.
func TestDifferencesAreNoted(t *testing.T) {
	text := strings.Replace(netSpec, "{epsilon: 1e-5}", "{}", 1)
	text = strings.Replace(text, "padding: same, use_bias", "strides: 2, padding: same, use_bias", 1)
	text = strings.Replace(text, "max_pooling2d", "max_pooling2d: {pool_size: 3, strides: 2, padding: same}", 1)
	n := newNet(t, text)
	a, err := n.assign("testdata/net.pth", true)
	if err != nil {
		t.Fatal(err)
	}
	expectNotes(t, a, "PyTorch's normalization layers have epsilon 1e-5 by default; other here: batch_normalization (0.001)", "PyTorch alike on both sides: zero_padding2d (before max pooling: behind relu, where no value is below 0) and padding: valid do the same; here: conv2d, max_pooling2d")

	// Windows of 2x3 pad maps of 4x3 by 0 and by 1 on both sides, which MaxPool2d does too.
	f := &File{Format: PyTorch}
	f.add("a", "weight", 1, 4, 3, 1, 1)
	for _, name := range []string{"norm", "other"} {
		f.add(name, "weight", 1, 4)
		f.add(name, "bias", 1, 4)
	}
	expectNotes(t, f.Assign(newNet(t, `
input: [4, 3, 3]
data: {dataset: shapes}
layers:
  - conv2d: {filters: 4, kernel_size: 1, use_bias: false}
  - group_normalization: {groups: 2}
  - max_pooling2d: {pool_size: [2, 3], strides: [2, 2], padding: same}
  - layer_normalization: {epsilon: 1e-6}
  - global_average_pooling2d
  - dense: {units: 2, activation: softmax}
`).interop()), "other here: group_normalization (0.001), layer_normalization (1e-06)")
}

// So is what PyTorch has with other defaults, or in another order.
func TestOtherDefaultsOfPyTorchAreNoted(t *testing.T) {
	f := &File{Format: PyTorch}
	f.add("a", "weight", 1, 4, 3, 1, 1)
	expectNotes(t, f.Assign(newNet(t, `
input: [4, 4, 3]
data: {dataset: shapes}
layers:
  - conv2d: {filters: 4, kernel_size: 1, use_bias: false, activation: leaky_relu}
  - leaky_relu: 0.01
  - leaky_relu
  - average_pooling2d: {pool_size: 3, strides: 1, padding: same}
  - average_pooling2d: {pool_size: 2, padding: same}
  - reshape: [1, 4, 4]
  - reshape: [1, 1, 16]
  - reshape: [-1]
  - reshape: [1, 1, 16]
  - flatten
  - dense: {units: 2, activation: softmax}
`).interop()),
		"padding: valid do the same; here: average_pooling2d",
		"has the slope 0.01 by default; other here: conv2d (0.2), leaky_relu_1 (0.3)",
		"in other places: reshape, reshape_1")
}

// expectNotes fails unless a has one note that ends in each of want.
func expectNotes(t *testing.T, a *Assignment, want ...string) {
	t.Helper()
	if !slices.EqualFunc(a.Notes, want, strings.HasSuffix) {
		t.Errorf("notes %q, want %q", a.Notes, want)
	}
}

// Safetensors are sorted by name; the order of the model is found by what the names mean.
func TestModulesAreInTheOrderOfTheModel(t *testing.T) {
	text, err := os.ReadFile("testdata/orders.json")
	if err != nil {
		t.Fatal(err)
	}
	var orders map[string][]string
	if err := json.Unmarshal(text, &orders); err != nil {
		t.Fatal(err)
	}
	for model, want := range orders {
		t.Run(model, func(t *testing.T) {
			f := &File{Format: Safetensors}
			for _, name := range slices.Sorted(slices.Values(want)) {
				f.Tensors = append(f.Tensors, checkpoint.Stored{Name: name + ".weight"})
			}
			var got []string
			for _, m := range f.modules() {
				got = append(got, m.name)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("module %d is %s, not %s", i, got[i], want[i])
				}
			}
		})
	}
}

// A pickle is a program; what it asks for beyond tensors is named, and nothing is run.
func TestAPickleOfMoreThanTensorsIsRefused(t *testing.T) {
	n := newNet(t, netSpec)
	_, err := n.assign("testdata/net-module.pth", true)
	if err == nil || !strings.Contains(err.Error(), "asks for __main__.Net, ") || !strings.Contains(err.Error(), "torch.save(model.state_dict(), FILE)") {
		t.Errorf("a whole module: %v", err)
	}
	_, err = n.assign("testdata/net-two.pth", true)
	if err == nil || !strings.Contains(err.Error(), `under "student", "teacher", none of which is a usual key of a state_dict; save one alone: torch.save(torch.load(FILE)["student"], FILE2)`) {
		t.Errorf("two networks: %v", err)
	}
	dir := t.TempDir()
	for name, c := range map[string]struct{ pickle, want string }{
		"system": {"cos\nsystem\nX\x08\x00\x00\x00touch /x\x85R.", "asks for os.system, and nothing but tensors is read"},
		"posix":  {"\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.", "asks for posix.system"},
		"ends":   {"}X\xff\xff\xff\x7fa", "the pickle ends too early"},
		"pops":   {"0.", "takes a value that is not there"},
		"empty":  {"}.", "holds no tensors"},
		"list":   {"].", "holds no dictionary of tensors"},
		"memo":   {"h\x05.", "uses a value that it has not stored"},
		"code":   {"\xff.", "instruction 0xff"},
	} {
		path := filepath.Join(dir, name+".pth")
		writeZip(t, path, map[string]string{"archive/data.pkl": "\x80\x02" + c.pickle})
		if err := Open(path, func(*File) error { return nil }); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// torchvision's own models load into our specs and predict the same. The files are those of
// bench/interop/torch_weights.py models; they are too large to be here.
func TestTorchvisionModelsPredictTheSame(t *testing.T) {
	dir := os.Getenv("CNNTRAIN_TORCH")
	if dir == "" {
		t.Skip("CNNTRAIN_TORCH is not set: no models of torchvision")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models in %s (%v)", dir, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Side                  int
			Images, Probabilities []float32
		}
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
		document, err := os.ReadFile("../../specs/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		document = []byte(strings.Replace(string(document), "[224, 224, 3]", fmt.Sprintf("[%d, %d, 3]", golden.Side, golden.Side), 1))
		for _, ending := range []string{".pth", ".safetensors"} {
			t.Run(name+ending, func(t *testing.T) {
				n := newNet(t, string(document))
				a, err := n.assign(filepath.Join(dir, name+ending), false)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d of %d layers, notes %q", a.found, a.found+len(a.fresh), a.Notes)
				_, got, err := n.Evaluate(golden.Images, []int{-1, -1})
				if err != nil {
					t.Fatal(err)
				}
				worst := 0.0
				for i, want := range golden.Probabilities {
					worst = max(worst, math.Abs(float64(got[i]-want)))
				}
				if t.Logf("at most %.2g apart", worst); !(worst <= 1e-4) {
					t.Errorf("probabilities are %g apart", worst)
				}
			})
		}
	}
}
