package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// The files in testdata were written by bench/interop/golden.py.

// imported is a model of Keras, as a model of ours.
type imported struct {
	*KerasFile
	*Model
	plan  *builder.Plan
	model *builder.Model
}

func importFile(t *testing.T, path string) *imported {
	t.Helper()
	k, err := ReadKeras(path)
	if err != nil {
		t.Fatal(err)
	}
	i := &imported{KerasFile: k}
	doc, err := k.Document()
	if err != nil {
		t.Fatal(err)
	}
	var problems spec.Problems
	s := spec.Parse(path, doc, nil, &problems)
	i.plan = builder.NewPlan(s, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	i.model = i.plan.NewModel(0)
	weights, err := k.Weights(i.plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Match(weights, i.model.Weights()); err != nil {
		t.Fatal(err)
	}
	for n, w := range i.model.Weights() {
		copy(w.Data, weights[n].Data)
	}
	i.Model = NewModel(s, i.plan, i.model.Weights())
	return i
}

func eachFile(t *testing.T, pattern string, f func(t *testing.T, path string)) {
	paths, err := filepath.Glob("testdata/keras/" + pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s (%v)", pattern, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { f(t, path) })
	}
}

func TestKerasModelsPredictWhatTheyPredictInKeras(t *testing.T) {
	eachFile(t, "*.safetensors", func(t *testing.T, path string) {
		golden, err := checkpoint.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := golden.Tensor("x")
		want, _ := golden.Tensor("predictions")
		unknown := make([]int, x.Shape[0])
		for i := range unknown {
			unknown[i] = -1
		}
		model := importFile(t, strings.TrimSuffix(path, ".safetensors")+".h5").model
		_, got, err := model.Evaluate(x.Data, unknown)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Data {
			if math.Abs(float64(got[i]-want.Data[i])) > 1e-5 {
				t.Fatalf("probability %d is %g, Keras has %g", i, got[i], want.Data[i])
			}
		}
	})
}

var writers = map[string]func(io.Writer, *Model) error{".h5": WriteKeras, ".weights.h5": WriteKerasWeights, ".onnx": WriteONNX}

// Keras and onnxruntime have opened these files and predicted the same. If one has to
// change, run bench/interop/prove.py, then golden.py.
func TestExportsAreTheBytesThatWereProven(t *testing.T) {
	list, err := os.ReadFile("testdata/proven.sha256")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		want, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		name, ending, _ := strings.Cut(file, ".")
		t.Run(file, func(t *testing.T) {
			sum := sha256.New()
			if err := writers["."+ending](sum, importFile(t, "testdata/keras/"+name+".h5").Model); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(sum.Sum(nil)); got != want {
				t.Errorf("the file has changed: its digest is %s", got)
			}
		})
	}
}

func TestAllFilesOfAModelHaveTheSameWeights(t *testing.T) {
	eachFile(t, "*.weights.h5", func(t *testing.T, path string) {
		whole := strings.TrimSuffix(path, ".weights.h5") + ".h5"
		i := importFile(t, whole)
		paths := []string{path, whole}
		for ending, write := range writers {
			if ending == ".onnx" {
				continue
			}
			ours := filepath.Join(t.TempDir(), "ours"+ending)
			if err := checkpoint.WriteFile(ours, func(w io.Writer) error { return write(w, i.Model) }); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, ours)
		}
		for _, path := range paths {
			got, err := ReadKerasWeights(path, i.plan)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, i.model.Weights()) {
				t.Errorf("%s: other weights", path)
			}
		}
	})
}

// example returns a layer that is the example of its catalog entry, without weights.
func example(t *testing.T, name string) Layer {
	t.Helper()
	e := layer.Layers.Entry(name)
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(e.Example), &doc); err != nil {
		t.Fatal(err)
	}
	it := &spec.Item{Name: name, Label: name}
	if doc.Content[0].Kind == yaml.MappingNode {
		it.Options = doc.Content[0].Content[1]
	}
	var problems spec.Problems
	l, _ := layer.Layers.Decode(it, &problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	planned := builder.Layer{Layer: l, Label: name, Type: e.Keras, In: e.Input, Own: l.Weights(e.Input)}
	out, err := l.Shape(e.Input)
	if err != nil {
		t.Fatal(err)
	}
	planned.Out = out
	own := Layer{planned, name, layer.Layers.Values(it), nil}
	for _, w := range planned.Own {
		own.Weights = append(own.Weights, checkpoint.Tensor{Shape: w.Shape, Data: make([]float32, w.Shape.Size())})
	}
	return own
}

func TestEveryLayerGoesToKerasAndBack(t *testing.T) {
	for _, name := range layer.Layers.Names() {
		l := example(t, name)
		m := &Model{Name: "m", Input: layer.Shape{6, 5, 2}, Layers: []Layer{l}}
		config, err := m.kerasConfig()
		if name == "local_response_normalization" {
			if err == nil || !strings.Contains(err.Error(), "not a layer of Keras") {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		k, err := readKerasConfig([]byte(config))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back := k.Layers[0]
		var problems spec.Problems
		decoded, _ := layer.Layers.Decode(back, &problems)
		if err := problems.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		planned := builder.Layer{Layer: decoded, Label: back.Label, Type: l.Type}
		again, err := (&Model{Name: m.Name, Input: m.Input, Layers: []Layer{{planned, back.Name, layer.Layers.Values(back), nil}}}).kerasConfig()
		if err != nil || again != config {
			t.Errorf("%s came back as %s (%v), was %s", name, again, err, config)
		}
	}
}

func TestEveryLayerAndActivationGoesToONNX(t *testing.T) {
	for _, name := range layer.Layers.Names() {
		l := example(t, name)
		m := &Model{Name: "m", Input: l.In, Layers: []Layer{l}}
		if err := WriteONNX(io.Discard, m); err != nil {
			t.Error(err)
		}
	}
	l := example(t, "activation")
	for _, f := range layer.Layers.Info("activation").Fields {
		if f.Name == "activation" {
			for function := range strings.SplitSeq(f.Expected(), ", ") {
				l.Options["activation"] = function
				if err := WriteONNX(io.Discard, &Model{Layers: []Layer{l}}); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// layers is a model_config with these layers, as JSON, behind an input.
func layers(list string) string {
	return `{"class_name": "Sequential", "config": {"name": "m", "layers": [
		{"class_name": "InputLayer", "config": {"batch_shape": [null, 8, 8, 3]}}, ` + list + `]}}`
}

func TestWhatCannotBeImportedIsNamed(t *testing.T) {
	for config, want := range map[string]string{
		`[`:  "model_config: ",
		`[]`: "model_config is not that of a Keras model",
		`{"class_name": "Functional", "config": {}}`:                                                                     "a model of class Functional; only Sequential models",
		`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {}}]}}`:                  "no input of a fixed height, width and channels",
		`{"class_name": "Sequential", "config": {"layers": [3]}}`:                                                        "layer 0 has no class_name",
		layers(`{"class_name": "LSTM", "config": {"name": "l"}}`):                                                        "layer l (LSTM): there is no such layer here; known: Activation, ",
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 3, "groups": 2}}`):         "layer c (Conv2D): conv2d has no option groups here, and it is 2",
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3]}}`):                    `layer c (Conv2D): "kernel_size" must be a whole number or [height, width], got [3]`,
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "kernel_size": 3}}`):                                    `missing "filters"`,
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "selu"}}`):                     `"activation" cannot be "selu"`,
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": {"a": 1}}}`):                                    "units: cannot be map[a:1] here",
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": 3, "dtype": "float16"}}`):                       "its dtype is float16, and all is float32 here",
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": 3, "kernel_initializer": "orthogonal"}}`):       "kernel_initializer: there is no initializer orthogonal here; known: Constant, ",
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": 3, "kernel_constraint": {"class_name": "X"}}}`): "dense has no option kernel_constraint here",
		layers(`{"class_name": "ReLU", "config": {"name": "r", "max_value": 6.0}}`):                                      "relu has no option max_value here, and it is 6.0",
		layers(`{"class_name": "LocalResponseNormalization", "config": {"name": "n"}}`):                                  "there is no such layer here",
	} {
		if _, err := readKerasConfig([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v\nwant %s", config, err, want)
		}
	}
}

func TestAFileThatIsNoModelIsNamed(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.h5")
	if err := os.WriteFile(text, []byte("no HDF5"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"testdata/keras/small.weights.h5": "holds no model, at most weights",
		text:                              "text.h5: not an HDF5 file, or truncated",
		dir:                               "not a regular file",
		filepath.Join(dir, "absent.h5"):   "no such file",
	} {
		if _, err := ReadKeras(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	other := importFile(t, "testdata/keras/keras2.h5")
	for _, path := range []string{"testdata/keras/small.h5", "testdata/keras/small.weights.h5"} {
		if _, err := ReadKerasWeights(path, other.plan); err == nil || !strings.Contains(err.Error(), "another architecture") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestSeedsOfLayersAreLeftOutWithANote(t *testing.T) {
	k, err := readKerasConfig([]byte(layers(`{"class_name": "Flatten", "config": {"name": "f", "seed": 7}}`)))
	if err != nil || len(k.Notes) != 1 || !strings.Contains(k.Notes[0], "layer f: its own seed is left out") {
		t.Errorf("got %v, %v", k, err)
	}
}

// FuzzReadKeras wants an error or a model, whatever a file holds.
func FuzzReadKeras(f *testing.F) {
	paths, err := filepath.Glob("testdata/keras/*.h5")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		root, err := hdf5.Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		_, _ = readKerasWeights(root, &builder.Plan{})
		k, err := readKeras(root)
		if err != nil {
			return
		}
		doc, err := k.Document()
		if err != nil {
			t.Fatal(err)
		}
		var problems spec.Problems
		s := spec.Parse("fuzz", doc, nil, &problems)
		if s == nil {
			t.Fatalf("%v in %s", problems.Err(), doc)
		}
		p := builder.NewPlan(s, &problems)
		if problems.Len() == 0 {
			_, _ = k.Weights(p)
			_, _ = readKerasWeights(root, p)
		}
	})
}
