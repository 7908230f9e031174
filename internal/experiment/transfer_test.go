package experiment

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/interop/hdf5"
	"cnntrain/specs"
)

// transferred is a seed spec, sized for images of side pixels, that starts from a file.
func transferred(t *testing.T, seed, file string, side, classes int) (*Experiment, string, error) {
	t.Helper()
	text, err := Size(seed, specs.Text(seed), Sizing{Input: []int{side, side, 3}, Classes: classes})
	if err != nil {
		t.Fatal(err)
	}
	text, _, err = Transfer(seed, text, file)
	if err != nil {
		return nil, "", err
	}
	e, err := parseText(seed, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return e, string(text), nil
}

// kerasFile writes a file of weights as keras.applications publishes them, for the layers of a
// seed spec in front of its head: all weights are 0.5. names are those of the first layers.
func kerasFile(t *testing.T, seed string, names ...string) string {
	t.Helper()
	e, err := parseText(seed, specs.Text(seed))
	if err != nil {
		t.Fatal(err)
	}
	root, layers := hdf5.NewGroup(), []string{}
	for _, l := range e.Plan.Layers {
		if len(l.Own) == 0 || len(l.In) == 1 {
			continue
		}
		name := "l_" + l.Label
		if len(names) > 0 {
			name, names = names[0], names[1:]
		}
		layers = append(layers, name)
		group, paths := root.Make(name), []string{}
		for _, w := range l.Own {
			values := make([]float32, w.Shape.Size())
			for i := range values {
				values[i] = 0.5
			}
			group.Make(name).Datasets[w.Name+":0"] = hdf5.NewDataset(w.Shape, values)
			paths = append(paths, name+"/"+w.Name+":0")
		}
		group.Attributes["weight_names"] = paths
	}
	root.Attributes["layer_names"] = layers
	path := filepath.Join(t.TempDir(), seed+"_notop.h5")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := hdf5.Write(f, root); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// The spec scales images and pads as the program that the file is from, has a head of the right
// size, and freezes what the file has.
func TestASpecFromWeightsFitsThem(t *testing.T) {
	for _, c := range []struct {
		seed  string
		names []string // of the first layers
		want  []string
		not   string
	}{
		{"mobilenet-v2", []string{"Conv1", "bn_Conv1"}, []string{
			"layers:\n  - rescaling: {scale: 1/127.5, offset: -1}\n  - conv2d: {filters: 32, kernel_size: 3, strides: 2, use_bias: false, padding: same}\n",
			"epsilon: 0.001", "units: 3", "freeze: {until: global_average_pooling2d}", "partial: true",
		}, "zero_padding2d"},
		{"mobilenet-v3-small", []string{"conv", "conv_bn", "expanded_conv_depthwise", "a", "b", "c", "expanded_conv_project"}, []string{
			"layers:\n  - rescaling: {scale: 1/127.5, offset: -1}\n", "freeze: {until: global_average_pooling2d_9}",
		}, "zero_padding2d"},
		{"squeezenet", []string{"conv1_conv", "conv2_block1_3_conv"}, []string{ // as if it were a ResNet
			"layers:\n  - rgb_to_bgr\n  - normalization: {mean: [103.939, 116.779, 123.68], variance: [1, 1, 1]}\n  - conv2d:", "filters: 3",
		}, "1/255"},
		{"squeezenet", []string{"block1a_dwconv"}, []string{
			"  - rescaling: 1/255\n  - normalization: {mean: [0.485, 0.456, 0.406], variance: [0.052441, 0.050176, 0.050625]}\n",
		}, "rgb_to_bgr"},
	} {
		t.Run(c.seed+" "+c.names[0], func(t *testing.T) {
			file := kerasFile(t, c.seed, c.names...)
			e, text, err := transferred(t, c.seed, file, 96, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("it has no %q:\n%s", want, text)
				}
			}
			if strings.Contains(text, c.not) {
				t.Errorf("it has %q:\n%s", c.not, text)
			}
			m := e.Plan.NewModel(1)
			if _, err := e.StartFrom(m, file); err != nil {
				t.Fatal(err)
			}
			if w := m.Weights()[0]; !strings.HasSuffix(w.Name, "bgr/kernel") && w.Data[0] != 0.5 {
				t.Errorf("%s was not loaded", w.Name)
			}
		})
	}
}

// Dense layers behind flatten, which fit one size of images, are replaced by a small head.
func TestADenseHeadIsReplaced(t *testing.T) {
	text := "name: v\ninput: [32, 32, 3]\ndata: {dataset: cifar10}\nlayers:\n  - rescaling: 1/255\n  - conv2d: {filters: 4, kernel_size: 3}\n  - flatten\n  - dense: {units: 4096, activation: relu}\n  - dense: {units: 10, activation: softmax}\n\ntrain: {optimizer: adam}\n"
	root := hdf5.NewGroup()
	root.Attributes["layer_names"] = []string{"block1_conv1"}
	group := root.Make("block1_conv1")
	group.Attributes["weight_names"] = []string{"block1_conv1/kernel:0", "block1_conv1/bias:0"}
	group.Make("block1_conv1").Datasets["kernel:0"] = hdf5.NewDataset([]int{3, 3, 3, 4}, make([]float32, 108))
	group.Make("block1_conv1").Datasets["bias:0"] = hdf5.NewDataset([]int{4}, make([]float32, 4))
	path := filepath.Join(t.TempDir(), "v.h5")
	f, err := os.Create(path)
	if err == nil {
		err = hdf5.Write(f, root)
	}
	if err != nil {
		t.Fatal(err)
	}
	changed, notes, err := Transfer("v", []byte(text), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  - conv2d: {filters: 4, kernel_size: 3}\n  - global_average_pooling2d\n  - dropout: 0.2\n  - dense: {units: 10, activation: softmax, name: predictions}\n", "  - rgb_to_bgr\n"} {
		if !strings.Contains(string(changed), want) {
			t.Errorf("it has no %q:\n%s", want, changed)
		}
	}
	if !strings.Contains(notes[0], "keras.applications, VGG") {
		t.Errorf("notes %q", notes)
	}
}

// Weights of another architecture are refused.
func TestWeightsThatDoNotFitASpecAreRefused(t *testing.T) {
	file := kerasFile(t, "squeezenet", "conv1_conv")
	_, _, err := transferred(t, "mobilenet-v3-small", file, 96, 3)
	if err == nil || !strings.Contains(err.Error(), "its weights do not fit mobilenet-v3-small: it has none for ") || !strings.Contains(err.Error(), "docs/WEIGHTS.md") {
		t.Errorf("%v", err)
	}
}

// Models of keras.applications predict the same here, from the spec that Transfer writes. The
// files are those of bench/interop/transfer.py.
func TestApplicationsPredictTheSame(t *testing.T) {
	dir := os.Getenv("CNNTRAIN_APPLICATIONS")
	if dir == "" {
		t.Skip("CNNTRAIN_APPLICATIONS is not set: no models of keras.applications")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models in %s (%v)", dir, err)
	}
	for _, path := range paths {
		seed := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(seed, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var golden struct{ Images, Probabilities []float32 }
			if err := json.Unmarshal(text, &golden); err != nil {
				t.Fatal(err)
			}
			file := strings.TrimSuffix(path, ".json") + ".h5"
			e, _, err := transferred(t, seed, file, 96, 10)
			if err != nil {
				t.Fatal(err)
			}
			m := e.Plan.NewModel(1)
			a, err := e.StartFrom(m, file)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%q", a.Summary())
			_, got, err := m.Evaluate(golden.Images, []int{-1, -1, -1})
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
