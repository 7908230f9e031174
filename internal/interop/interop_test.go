package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	"cnntrain/internal/spec"
	"cnntrain/internal/train"

	"google.golang.org/protobuf/encoding/protowire"
	"gopkg.in/yaml.v3"
)

// The files in testdata were written by bench/interop/golden.py.

// imported is a model read from a Keras file.
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
	return modelOf(t, path, k)
}

// modelOf builds a model from a Keras file at path.
func modelOf(t *testing.T, path string, k *KerasFile) *imported {
	t.Helper()
	i := &imported{KerasFile: k}
	doc, err := k.Document()
	if err != nil {
		t.Fatal(err)
	}
	var problems spec.Problems
	s := spec.Parse(path, doc, nil, &problems)
	i.plan = builder.NewPlan(s, &problems)
	train.NewConfig(s.Train, &problems)
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

// probabilities returns the predictions for images without labels.
func probabilities(t *testing.T, m *builder.Model, x checkpoint.Tensor) []float32 {
	t.Helper()
	unknown := make([]int, x.Shape[0])
	for i := range unknown {
		unknown[i] = -1
	}
	_, got, err := m.Evaluate(x.Data, unknown)
	if err != nil {
		t.Fatal(err)
	}
	return got
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
		got := probabilities(t, importFile(t, strings.TrimSuffix(path, ".safetensors")+".h5").model, x)
		for i := range want.Data {
			if math.Abs(float64(got[i]-want.Data[i])) > 1e-5 {
				t.Fatalf("probability %d is %g, Keras has %g", i, got[i], want.Data[i])
			}
		}
	})
}

var writers = map[string]func(io.Writer, *Model) error{".h5": WriteKeras, ".keras": WriteKerasZip, ".weights.h5": WriteKerasWeights, ".onnx": WriteONNX}

// Keras and onnxruntime have opened these files and predicted the same. If one must change,
// run bench/interop/prove.py, then golden.py.
func TestExportsAreTheBytesThatWereProven(t *testing.T) {
	list, err := os.ReadFile("testdata/proven.sha256")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		want, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		name, ending, _ := strings.Cut(file, ".")
		t.Run(file, func(t *testing.T) {
			m := importFile(t, "testdata/keras/"+name+".h5").Model
			m.Classes = strings.Split("0123456789", "")
			sum := sha256.New()
			if err := writers["."+ending](sum, m); err != nil {
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
			if ending == ".onnx" || ending == ".keras" {
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

// example returns the layer of the example of its catalog entry, without weights.
func example(t *testing.T, name string) Layer {
	t.Helper()
	e := layer.Layers.Entry(name)
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(e.Example), &doc); err != nil {
		t.Fatal(err)
	}
	it := &spec.Item{Name: name, Label: name}
	if doc.Content[0].Kind == yaml.MappingNode && !spec.Merges(name) {
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
	if spec.Merges(name) {
		planned.Inputs = []int{spec.Images, spec.Images}
	}
	own := Layer{Layer: planned, Name: name, Options: layer.Layers.Values(it)}
	for _, w := range planned.Own {
		own.Weights = append(own.Weights, checkpoint.Tensor{Shape: w.Shape, Data: make([]float32, w.Shape.Size())})
	}
	return own
}

func TestEveryLayerGoesToKerasAndBack(t *testing.T) {
	for _, name := range layer.Layers.Names() {
		l := example(t, name)
		m := &Model{Name: "m", Input: layer.Shape{6, 5, 2}, Layers: []Layer{l}}
		if name == "dense" { // which would be a convolution on a map
			m.Layers = []Layer{example(t, "flatten"), l}
		}
		last := len(m.Layers) - 1
		config := configText(t, m)
		if l.isCustom() && !strings.Contains(config, `"registered_name":"cnntrain\u003eLocalResponseNormalization"`) {
			t.Errorf("%s: got %s", name, config)
		}
		k, err := readLayers([]byte(config))
		if err != nil || len(k.Layers) != len(m.Layers) {
			t.Errorf("%s: %v, %v", name, k.faults, err)
			continue
		}
		back := k.Layers[last]
		var problems spec.Problems
		decoded, _ := layer.Layers.Decode(back, &problems)
		if err := problems.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		planned := builder.Layer{Layer: decoded, Label: back.Label, Type: l.Type, Inputs: l.Inputs}
		m.Layers[last] = Layer{Layer: planned, Name: back.Name, Options: layer.Layers.Values(back)}
		if again := configText(t, m); again != config {
			t.Errorf("%s came back as %s, was %s", name, again, config)
		}
	}
}

// An option at the default of another layer is not left out.
func TestOneGroupIsWrittenForKeras(t *testing.T) {
	l := example(t, "group_normalization")
	l.Options["groups"] = 1
	if config := configText(t, &Model{Name: "m", Input: layer.Shape{6, 5, 2}, Layers: []Layer{l}}); !strings.Contains(config, `"groups":1`) {
		t.Errorf("got %s", config)
	}
}

// Keras takes a number for rows and columns, or two, and no list of one.
func TestOutputPaddingIsTwoNumbersForKeras(t *testing.T) {
	for given, want := range map[string]string{"1": "[1,1]", "[1, 0]": "[1,0]"} {
		m := planned(t, "name: m\ninput: [4, 3, 2]\nlayers: [conv2d_transpose: {filters: 2, kernel_size: 3, strides: 2, output_padding: "+given+"}, flatten, softmax]")
		if config := configText(t, m); !strings.Contains(config, `"output_padding":`+want+",") {
			t.Errorf("%s: got %s", given, config)
		}
	}
}

// In Keras the input is a layer too, and all have names of their own.
func TestNoLayerHasTheNameOfTheInput(t *testing.T) {
	for _, layers := range []string{"{relu: {name: input_layer}}", "{relu: {name: input_layer}}, {add: [[], [{relu: {name: input_layer_}}]]}"} {
		m := planned(t, "name: m\ninput: [4, 3, 2]\nlayers: ["+layers+", flatten, softmax]")
		config := configText(t, m)
		for _, l := range m.Layers {
			if strings.Contains(config, `"batch_input_shape":[null,4,3,2],"dtype":"float32","name":"`+l.Label+`"`) {
				t.Errorf("%s is also the input, in %s", l.Label, config)
			}
		}
		if k, err := readKerasConfig([]byte(config), nil); err != nil || len(k.Layers) != len(m.Layers) {
			t.Errorf("%s does not come back: %v", config, err)
		}
	}
}

func configText(t *testing.T, m *Model) string {
	t.Helper()
	return jsonText(t, m.kerasConfig())
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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

// FuzzReadKeras requires an error or a model for any file content.
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
		c, err := readContainer(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		_, _ = readKerasWeights(c, &builder.Plan{})
		k, err := readKeras(c)
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
			_, _ = readKerasWeights(c, p)
		}
	})
}

func TestONNXFilesNameTheClassesAndTheShape(t *testing.T) {
	m := importFile(t, "testdata/keras/small.h5").Model
	m.Classes = []string{"cat", "a \"dog\""}
	var b bytes.Buffer
	if err := WriteONNX(&b, m); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	fields(t, b.Bytes(), func(field protowire.Number, v []byte) {
		if field != modelMetadata {
			return
		}
		entry := map[protowire.Number]string{}
		fields(t, v, func(field protowire.Number, v []byte) { entry[field] = string(v) })
		got[entry[metadataKey]] = entry[metadataValue]
	})
	want := map[string]string{"classes": `["cat","a \"dog\""]`, "input_shape": "[13,11,3]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// fields calls each with the byte fields of a message.
func fields(t *testing.T, m []byte, each func(protowire.Number, []byte)) {
	for len(m) > 0 {
		field, kind, n := protowire.ConsumeTag(m)
		size := protowire.ConsumeFieldValue(field, kind, m[max(0, n):])
		if n < 0 || size < 0 {
			t.Fatal("damaged")
		}
		if kind == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(m[n:])
			each(field, v)
		}
		m = m[n+size:]
	}
}
