package interop

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
	"cnntrain/internal/spec"
)

// The files in testdata/dialects were written by bench/interop/dialects.py: a model with
// nested models, by Keras 3 and by tf.keras 2.15.

func TestModelsInModelsPredictWhatTheyPredictInKeras(t *testing.T) {
	for _, keras := range []string{"k3", "tf215"} {
		file := func(ending string) string { return "testdata/dialects/" + keras + ending }
		golden, err := checkpoint.Read(file(".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		x, _ := golden.Tensor("x")
		want, _ := golden.Tensor("predictions")
		alone := filepath.Join(t.TempDir(), "model.weights.h5")
		if err := os.WriteFile(alone, member(t, file(".keras"), "model.weights.h5"), 0o644); err != nil {
			t.Fatal(err)
		}
		pair, err := ReadKerasPair(file(".json"), alone)
		if err != nil {
			t.Fatal(err)
		}
		for name, i := range map[string]*imported{
			".h5":    importFile(t, file(".h5")),
			".keras": importFile(t, file(".keras")),
			"pair":   modelOf(t, file(".json"), pair),
		} {
			for n, got := range probabilities(t, i.model, x) {
				if math.Abs(float64(got-want.Data[n])) > 1e-5 {
					t.Errorf("%s %s: probability %d is %g, Keras has %g", keras, name, n, got, want.Data[n])
					break
				}
			}
			if name != "pair" && i.Model.Training.Optimizer.Name == "" {
				t.Errorf("%s %s: how it was compiled is lost", keras, name)
			}
		}
		for _, weights := range []string{".h5", ".keras"} {
			i := importFile(t, file(".h5"))
			got, err := ReadKerasWeights(file(weights), i.plan)
			if err != nil || checkpoint.Match(got, i.model.Weights()) != nil {
				t.Errorf("%s: weights of %s: %v", keras, weights, err)
			}
		}
	}
}

func TestWhatIsNotAsInKerasIsNoted(t *testing.T) {
	for file, name := range map[string]string{"tf215.h5": "nested/model to nested-model, block1/conv to block1_conv", "k3.keras": "nested>model to nested-model, block1.conv to block1_conv"} {
		got := importFile(t, "testdata/dialects/"+file).Notes
		for _, want := range []string{
			name,
			"kernel_constraint MaxNorm is left out",
			"there is no initializer Orthogonal here",
			"reshape: left out, since it changes nothing",
			"dropout: its own seed is left out",
			"dense: its activation is a layer of its own here (LeakyReLU)",
			"softmax is added, since its loss takes them for logits, from_logits=True",
			"activity_regularizer L2 is left out",
		} {
			if !slices.ContainsFunc(got, func(note string) bool { return strings.Contains(note, want) }) {
				t.Errorf("%s: no note %q in\n%s", file, want, strings.Join(got, "\n"))
			}
		}
	}
}

// Keras 3 does not crop in inference, which matters where the size of images changes.
func TestRandomCropOfKeras3IsNoted(t *testing.T) {
	for size, want := range map[int]int{6: 1, 8: 0} {
		k, err := readKerasConfig([]byte(classifier(fmt.Sprintf(`{"class_name": "RandomCrop", "config": {"name": "r", "height": %d, "width": %d}}`, size, size))), nil)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := k.Document()
		if err != nil {
			t.Fatal(err)
		}
		for direction, notes := range map[string][]string{"import": k.Notes, "export": planned(t, string(doc)).KerasNotes("keras-v3")} {
			if len(notes) != want || want > 0 && !strings.Contains(notes[0], "Keras 3 (to 3.15) leaves images as they are") {
				t.Errorf("%s of a crop to %d pixels: got %q", direction, size, notes)
			}
		}
	}
}

// layers is the JSON of a model_config with an input and these layers.
func layers(list string) string {
	return `{"class_name": "Sequential", "config": {"name": "m", "layers": [
		{"class_name": "InputLayer", "config": {"batch_shape": [null, 8, 8, 3]}}, ` + list + `]}}`
}

// classifier is layers followed by those of a classifier of four classes.
func classifier(list string) string {
	return layers(list + `, {"class_name": "Flatten", "config": {"name": "f"}}, {"class_name": "Dense", "config": {"name": "d", "units": 4, "activation": "softmax"}}`)
}

// denseModel is the JSON of a model with one Dense layer with these options.
func denseModel(options string) string {
	return layers(`{"class_name": "Flatten", "config": {"name": "f"}}, {"class_name": "Dense", "config": {"name": "d", ` + options + `}}`)
}

// graph is the JSON of a functional model with an input, these layers, and outputs.
func graph(list, outputs string) string {
	return `{"class_name": "Functional", "config": {"name": "m", "layers": [
		{"class_name": "InputLayer", "name": "i", "config": {"batch_input_shape": [null, 8, 8, 3], "name": "i"}, "inbound_nodes": []}, ` + list + `],
		"input_layers": [["i", 0, 0]], "output_layers": ` + outputs + `}}`
}

const (
	pool    = `{"class_name": "MaxPooling2D", "name": "p", "config": {"name": "p"}, "inbound_nodes": [[["i", 0, 0, {}]]]}`
	conv    = `{"class_name": "Conv2D", "name": "c", "config": {"name": "c", "filters": 2, "kernel_size": 1}, "inbound_nodes": [[["p", 0, 0, {}]]]}`
	add2    = `{"class_name": "Add", "name": "a", "config": {"name": "a"}, "inbound_nodes": [[["p", 0, 0, {}], ["c", 0, 0, {}]]]}`
	add3    = `{"class_name": "Add", "name": "a", "config": {"name": "a"}, "inbound_nodes": [{"args": [[{"class_name": "__keras_tensor__", "config": {"keras_history": ["p", 0, 0]}}, {"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}]], "kwargs": {}}]}`
	branchy = "layer a (Add): its paths end in different shapes, 4x4x3 and 4x4x2"
)

// operation is the JSON of a model with an operation with these nodes, Flatten and Softmax.
func operation(class, config, nodes string) string {
	return graph(`{"class_name": "`+class+`", "module": "keras.src.ops.numpy", "name": "op", "config": {"name": "op"`+config+`}, "inbound_nodes": `+nodes+`},
		{"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["op", 0, 0, {}]]]},
		{"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`, `[["s", 0, 0]]`)
}

// stacked is operations that stack these channels of the images, as Keras 3 reverses them.
func stacked(channels ...string) string {
	var list, refs []string
	for i, c := range channels {
		list = append(list, fmt.Sprintf(`{"class_name": "GetItem", "name": "get%d", "config": {"name": "get%d"}, "inbound_nodes": [{"args": [%s, [{"class_name": "__ellipsis__", "config": {}}, %s]], "kwargs": {}}]}`, i, i, input3, c))
		refs = append(refs, fmt.Sprintf(`{"class_name": "__keras_tensor__", "config": {"keras_history": ["get%d", 0, 0]}}`, i))
	}
	return graph(strings.Join(list, ",")+`, {"class_name": "Stack", "name": "stack", "config": {"name": "stack", "axis": -1}, "inbound_nodes": [{"args": [[`+strings.Join(refs, ",")+`]], "kwargs": {}}]},
		{"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["stack", 0, 0, {}]]]},
		{"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`, `[["s", 0, 0]]`)
}

const reversed = `{"class_name": "__slice__", "config": {"start": null, "stop": null, "step": -1}}`

const input3 = `{"class_name": "__keras_tensor__", "config": {"keras_history": ["i", 0, 0]}}`

// The files in testdata/applications were written by bench/interop/applications_golden.py: what
// keras.applications is made of, in small.
func TestApplicationsPredictWhatTheyPredictInKeras(t *testing.T) {
	files, err := filepath.Glob("testdata/applications/*.keras")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		golden, err := checkpoint.Read(strings.TrimSuffix(file, ".keras") + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		x, _ := golden.Tensor("x")
		want, _ := golden.Tensor("predictions")
		i := importFile(t, file)
		for n, got := range probabilities(t, i.model, x) {
			if math.Abs(float64(got-want.Data[n])) > 1e-5 {
				t.Errorf("%s: probability %d is %g, Keras has %g", file, n, got, want.Data[n])
				break
			}
		}
	}
}

// The files in testdata/preprocessing were written by bench/interop/preprocessing.py, by Keras 3 and by
// Keras 2: transfer learning as TensorFlow teaches it, with preprocess_input within the model.
// CNNTRAIN_PREPROCESSING is a folder with whole networks.
func TestPreprocessInputIsImported(t *testing.T) {
	files, err := filepath.Glob("testdata/preprocessing/k*.*")
	if err != nil || len(files) != 16 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	if folder := os.Getenv("CNNTRAIN_PREPROCESSING"); folder != "" {
		files, _ = filepath.Glob(folder + "/k*.*")
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, filepath.Ext(file))
		if filepath.Ext(file) == ".safetensors" {
			continue
		}
		golden, err := checkpoint.Read(name + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		x, _ := golden.Tensor("x")
		want, _ := golden.Tensor("predictions")
		i := importFile(t, file)
		far := 0.0
		for n, got := range probabilities(t, i.model, x) {
			far = max(far, math.Abs(float64(got-want.Data[n])))
		}
		if t.Logf("%s: %.1e", filepath.Base(file), far); far > 1e-5 {
			t.Errorf("%s: a probability is %g from Keras's", file, far)
		}
		doc, err := i.Document()
		_, mode, _ := strings.Cut(filepath.Base(name), "-")
		layers := map[string][]string{
			"caffe": {"rgb_to_bgr", "normalization: {mean: [103.939, 116.779, 123.68], variance: [1, 1, 1]"},
			"hand":  {"rgb_to_bgr", "normalization: {mean: [103.939, 116.779, 123.68], variance: [1, 1, 1]"},
			"tf":    {"rescaling: {offset: 0, scale: 0.0078", "rescaling: {offset: -1, scale: 1"},
			"torch": {"rescaling: {offset: 0, scale: 0.0039", "mean: [0.485, 0.456, 0.406]", "variance: [0.052441, 0.050176, 0.050625]"},
		}[mode]
		for _, want := range append(layers, "random_flip", "random_rotation", "trainable: false") {
			if err != nil || !strings.Contains(string(doc), want) {
				t.Errorf("%s: no %q in (%v)\n%s", file, want, err, doc)
			}
		}
	}
}

// The layer of keras.applications' InceptionResNetV2: its first input and 0.25 times its second.
func TestCustomScaleLayerIsRescalingAndAdd(t *testing.T) {
	model := func(list, scale string) string {
		return graph(list+`, {"class_name": "CustomScaleLayer", "module": "keras.src.applications.inception_resnet_v2", "name": "cs",
			"config": {"name": "cs", "scale": `+scale+`}, "inbound_nodes": [[["i", 0, 0, {}], ["r", 0, 0, {}]]]},
			{"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["cs", 0, 0, {}]]]},
			{"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`, `[["s", 0, 0]]`)
	}
	relu := `{"class_name": "ReLU", "name": "r", "config": {"name": "r"}, "inbound_nodes": [[["i", 0, 0, {}]]]}`
	for scale, want := range map[string][]string{
		"0.25": {"r reads [-1]", "cs_scale reads [0]", "cs reads [-1 1]"},
		"1.0":  {"r reads [-1]", "cs reads [-1 0]"},
	} {
		k, err := readKerasConfig([]byte(model(relu, scale)), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range k.Layers[:len(k.Layers)-2] {
			got = append(got, fmt.Sprintf("%s reads %v", it.Label, it.Inputs))
		}
		if !slices.Equal(got, want) {
			t.Errorf("scale %s: got %q, want %q", scale, got, want)
		}
		doc, err := k.Document()
		if err != nil || strings.Contains(string(doc), "rescaling: {scale: 0.25, name: cs_scale}") != (scale == "0.25") {
			t.Errorf("scale %s is %s (%v)", scale, doc, err)
		}
	}
	if _, err := readKerasConfig([]byte(model(relu, `"a"`)), nil); err == nil || !strings.Contains(err.Error(), "layer cs (CustomScaleLayer): there is no such layer here") {
		t.Errorf("a scale that is no number: %v", err)
	}
}

func TestWhatCannotBeImportedIsNamed(t *testing.T) {
	for config, want := range map[string]string{
		`[`:  "model_config: ",
		`[]`: "model_config is not that of a Keras model",
		`{"class_name": "MyModel", "config": {}}`:          "a model of class MyModel, whose code says what it computes",
		`{"class_name": "Functional", "config": {}}`:       "the model has 0 inputs and 0 outputs",
		graph(pool+","+conv+","+add2, `[["a", 0, 0]]`):     branchy,
		graph(pool+","+conv+","+add3, `["a", 0, 0]`):       branchy,
		graph(pool+","+conv, `[["c", 0, 0], ["p", 0, 0]]`): "the model has 1 inputs and 2 outputs",
		graph(pool, `[["x", 0, 0]]`):                       `damaged: the model has no layer "x"`,
		`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {}}, {"class_name": "Softmax", "config": {}}]}}`:                                 "no input of a fixed height, width and channels",
		`{"class_name": "Sequential", "config": {"layers": [3]}}`:                                                                                                                "layer 0 has no class_name",
		layers(`{"class_name": "LSTM", "config": {"name": "l"}}`):                                                                                                                "layer l (LSTM): there is no such layer here\nlayers that can be imported: Activation, ",
		layers(`{"class_name": "Lambda", "config": {"name": "l"}}`):                                                                                                              "layer l (Lambda): there is no such layer here, since it holds Python code",
		layers(`{"class_name": "Dense", "module": "mine.layers", "config": {"name": "l"}}`):                                                                                      "since it is of the module mine.layers",
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 3, "groups": 2}}`):                                                                 "layer c (Conv2D): 3 channels cannot be divided into 2 groups",
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 3, "data_format": "channels_first"}}`):                                             `data_format is "channels_first", and here channels are the last axis`,
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3]}}`):                                                                            `layer c (Conv2D): "kernel_size" must be a whole number or [height, width], got [3]`,
		layers(`{"class_name": "Conv2D", "config": {"name": "c", "kernel_size": 3}}`):                                                                                            `missing "filters"`,
		layers(`{"class_name": "BatchNormalization", "config": {"name": "b", "axis": [1]}}`):                                                                                     "layer b (BatchNormalization): batch_normalization has no option axis here, and it is [1]",
		layers(`{"class_name": "Dropout", "config": {"name": "o", "rate": 0.5}, "inbound_nodes": [[["i", 0, 0, {"training": true}]]]}`):                                          "it is called with training=True",
		layers(`{"class_name": "Dense", "config": {"name": "d", "units": 3}}, {"class_name": "MaxPooling2D", "config": {"name": "p"}}, {"class_name": "Softmax", "config": {}}`): "the model ends in 4x4x3 values",
		layers(`{"class_name": "Reshape", "config": {"name": "r", "target_shape": [4, 16, 3]}}, {"class_name": "Reshape", "config": {"target_shape": [8, 8, 3]}}`):               "",
		layers(`{"class_name": "Softmax", "config": {"name": "s"}}, {"class_name": "Reshape", "config": {"name": "r", "target_shape": [16, 4, 3]}}`):                             "the model ends in 16x4x3 values",
		layers(`{"class_name": "ReLU", "config": {"name": "r", "min_value": 6.0}}, {"class_name": "ReLU", "config": {"name": "s", "min_value": 6.0}}`):                           "layers r, s (ReLU): relu has no option min_value here, and it is 6.0",
		operation("TFOpLambda", `, "function": "math.truediv"`, `[["_CONSTANT_VALUE", -1, 3.0, {"y": ["i", 0, 0]}]]`):                                                            "layer op (TFOpLambda): there is no such layer here",
		operation("Add", "", `[{"args": [`+input3+`, {"class_name": "__tensor__", "config": {"value": [[1.0], [2.0]], "dtype": "float32"}}], "kwargs": {}}]`):                    "layer op (Add): there is no such layer here, since it is an operation and not a layer",
		operation("Multiply", "", `[{"args": [`+input3+`, {"class_name": "__numpy__", "config": {"value": [1.0, -1.0, 2.0]}}], "kwargs": {}}]`):                                  "layer op (Multiply): there is no such layer here, since it is an operation",
		operation("Subtract", "", `[{"args": [`+input3+`, {"class_name": "__numpy__", "config": {"value": [1.0, 2.0]}}], "kwargs": {}}]`):                                        "layer op (Normalization): mean and variance have 2 values for 3 channels",
		operation("GetItem", "", `[{"args": [`+input3+`, [{"class_name": "__ellipsis__", "config": {}}, 1]], "kwargs": {}}]`):                                                    "layer op (GetItem): there is no such layer here, since it is an operation",
		operation("GetItem", "", `[{"args": [`+input3+`, [{"class_name": "__slice__", "config": {"start": null, "stop": null, "step": -1}}]], "kwargs": {}}]`):                   "layer op (GetItem): there is no such layer here",
		operation("Flip", `, "axis": 2`, `[{"args": [`+input3+`], "kwargs": {}}]`):                                                                                               "layer op (Flip): there is no such layer here",
		classifier(`{"class_name": "Normalization", "config": {"name": "n", "axis": [], "mean": null, "variance": null}}`):                                                       "layer n (Normalization): with axis=None its mean is one number for all channels",
		operation("Average", `, "axis": -1`, `[{"args": [`+input3+`], "kwargs": {"weights": `+input3+`}}]`):                                                                      "layer op (Average): there is no such layer here, since it is an operation",
		operation("Cast", `, "dtype": "float16"`, `[{"args": [`+input3+`], "kwargs": {}}]`):                                                                                      "layer op (Cast): there is no such layer here",
		stacked("0", "2", "1"): "layers get0, get1, get2 (GetItem): there is no such layer here, since it is an operation",
		layers(`{"class_name": "Lambda", "config": {"name": "l", "function": {"module": "builtins", "class_name": "function", "config": "preprocess_input"}}}`): "call preprocess_input(x) in place of Lambda(preprocess_input)(x)",
		layers(`{"class_name": "LocalResponseNormalization", "config": {"name": "n"}}`):                                                                         "there is no such layer here",
		denseModel(`"units": 3, "activation": "sparsemax"`):                                                                                                     `"activation" cannot be "sparsemax"`,
		denseModel(`"units": {"a": 1}`): `units: cannot be {"a":1} here`,
		denseModel(`"units": 3, "dtype": {"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}`): "its weights are quantized",
		denseModel(`"units": 1`):                                                                                        "ends in one value without an activation",
		denseModel(`"units": 5, "activation": "relu"`):                                                                  "ends in the activation relu, which makes no probabilities",
		layers(`{"class_name": "MaxPooling2D", "config": {"name": "p"}}`):                                               "the model ends in 4x4x3 values; a classifier ends in one value a class",
		strings.Replace(layers(`{"class_name": "Flatten", "config": {}}`), "8, 8", "null, null", 1):                     "no input of a fixed height",
		strings.Replace(layers(`{"class_name": "Reshape", "config": {"target_shape": [-1, 0]}}`), "8, 8", "null, 8", 1): "",
		strings.Replace(layers(`{"class_name": "Reshape", "config": {"target_shape": [-1]}}, {"class_name": "Softmax", "config": {}}`), `"batch_shape"`, `"xx"`, 1): "",
	} {
		_, err := readKerasConfig([]byte(config), nil)
		if want == "" && err == nil {
			t.Errorf("%s\nis imported", config)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s\ngot %v\nwant %s", config, err, want)
		}
	}
}

// Images of a height and a width alone have a channel here, behind the axis that is the last in Keras.
func TestLastAxisOfImagesWithoutChannelsIsTheirWidth(t *testing.T) {
	const flat = `{"class_name": "Flatten", "config": {"name": "f"}}, `
	along := "it acts along the width of images without channels"
	for list, want := range map[string]string{
		`{"class_name": "Softmax", "config": {"name": "x"}}`:                                                                                          "layer x (Softmax): " + along,
		`{"class_name": "Activation", "config": {"name": "x", "activation": "softmax"}}`:                                                              "layer x (Activation): " + along,
		`{"class_name": "ReLU", "config": {"name": "r"}}, {"class_name": "UnitNormalization", "config": {"name": "x"}}`:                               "layer x (UnitNormalization): " + along,
		`{"class_name": "LayerNormalization", "config": {"name": "x", "center": false, "scale": false}}`:                                              "layer x (LayerNormalization): " + along,
		`{"class_name": "BatchNormalization", "config": {"name": "x"}}`:                                                                               "layer x (BatchNormalization): " + along,
		`{"class_name": "Dense", "config": {"name": "x", "units": 4}}`:                                                                                "layer x (Dense): needs a flat input",
		`{"class_name": "Rescaling", "config": {"name": "x", "scale": 0.5}}`:                                                                          "",
		flat + `{"class_name": "UnitNormalization", "config": {"name": "x"}}`:                                                                         "",
		`{"class_name": "Reshape", "config": {"name": "s", "target_shape": [8, 8, 1]}}, {"class_name": "UnitNormalization", "config": {"name": "x"}}`: "",
		`{"class_name": "Reshape", "config": {"name": "s", "target_shape": [4, 16]}}, {"class_name": "Softmax", "config": {"name": "x"}}`:             "",
	} {
		_, err := readKerasConfig([]byte(strings.Replace(classifier(list), "8, 8, 3", "8, 8", 1)), nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v\nwant %s", list, err, want)
		}
	}
	both := `{"class_name": "ReLU", "name": "r", "config": {"name": "r"}, "inbound_nodes": [[["i", 0, 0, {}]]]},
		{"class_name": "Concatenate", "name": "x", "config": {"name": "x"}, "inbound_nodes": [[["i", 0, 0, {}], ["r", 0, 0, {}]]]},
		{"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["x", 0, 0, {}]]]},
		{"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`
	_, err := readKerasConfig([]byte(strings.Replace(graph(both, `[["s", 0, 0]]`), "8, 8, 3", "8, 8", 1)), nil)
	if err == nil || err.Error() != "layer x (Concatenate): "+along+", and along their one channel here; put Flatten or Reshape in front of it in Keras" {
		t.Errorf("got %v", err)
	}
}

// The layers of a model are shared by its calls, also those of models in it.
func TestWhatIsCalledTwiceIsRefused(t *testing.T) {
	const conv = `{"class_name": "Conv2D", "name": "c", "config": {"name": "c", "filters": 3, "kernel_size": 1}, "inbound_nodes": []}`
	sequential := `{"class_name": "Sequential", "name": "c", "config": {"name": "c", "layers": [` + conv + `]}, "inbound_nodes": []}`
	nested := `{"class_name": "Sequential", "name": "c", "config": {"name": "c", "layers": [` + sequential + `]}, "inbound_nodes": []}`
	for _, called := range []string{conv, sequential, nested} {
		called = strings.TrimSuffix(called, "[]}") + `[[["i", 0, 0, {}]], [["r", 0, 0, {}]]]}`
		_, err := readKerasConfig([]byte(graph(called+`,
			{"class_name": "ReLU", "name": "r", "config": {"name": "r"}, "inbound_nodes": [[["i", 0, 0, {}]]]},
			{"class_name": "Add", "name": "a", "config": {"name": "a"}, "inbound_nodes": [[["c", 0, 0, {}], ["c", 1, 0, {}]]]},
			{"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["a", 0, 0, {}]]]},
			{"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`, `[["s", 0, 0]]`)), nil)
		want := "layer c (Conv2D): it is called several times, with the same weights; here each layer has its own"
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot %v\nwant %s", called, err, want)
		}
	}
}

// Keras 2 has another hard_sigmoid under the same name.
func TestHardSigmoidOfKeras2IsRefused(t *testing.T) {
	for version, want := range map[string]string{"2.15.0": "layer d: hard_sigmoid was x/5 + 1/2 in Keras 2.15.0", "3.15.1": "", "": ""} {
		config := classifier(`{"class_name": "Conv2D", "config": {"name": "d", "filters": 2, "kernel_size": 1, "activation": "hard_sigmoid"}}`)
		k, err := readKerasConfig([]byte(config), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err = k.checkVersion(version); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", version, err, want)
		}
	}
	if got := versionIn([]byte(`{"keras_version": "2.15.0", "class_name": "Sequential"}`)); got != "2.15.0" {
		t.Errorf("version %q", got)
	}
}

// The JSON of a model may not say the version of Keras: then its weights say it, or the metadata of the
// .keras file that it was unpacked from.
func TestTheVersionOfKerasIsThatOfEitherFile(t *testing.T) {
	config := []byte(classifier(`{"class_name": "Activation", "config": {"name": "a", "activation": "hard_sigmoid"}}`))
	root := hdf5.NewGroup()
	root.Attributes["layer_names"] = []string{"d"}
	group := root.Make("d")
	group.Attributes["weight_names"] = []string{"d/kernel:0", "d/bias:0"}
	group.Make("d").Datasets["kernel:0"] = hdf5.NewDataset([]int{192, 4}, make([]float32, 4*192))
	group.Make("d").Datasets["bias:0"] = hdf5.NewDataset([]int{4}, make([]float32, 4))
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	weights := func(name string) string {
		var b bytes.Buffer
		if err := hdf5.Write(&b, root); err != nil {
			t.Fatal(err)
		}
		return write(name, b.Bytes())
	}
	without := weights("without.h5")
	root.Attributes["keras_version"] = "2.9.0"
	with := weights("with.h5")
	write("metadata.json", []byte(`{"keras_version": "2.15.0"}`))
	for pair, want := range map[[2]string]string{
		{write("model.json", config), without}:  "",
		{write("model.json", config), with}:     "in Keras 2.9.0",
		{write("config.json", config), without}: "in Keras 2.15.0",
	} {
		if _, err := ReadKerasPair(pair[0], pair[1]); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", filepath.Base(pair[0]), err, want)
		}
	}
}

func TestEverythingWrongWithAModelIsNamedAtOnce(t *testing.T) {
	_, err := readKerasConfig([]byte(layers(`{"class_name": "LSTM", "config": {"name": "l"}},
		{"class_name": "Conv2D", "config": {"name": "c", "filters": 0, "kernel_size": 3, "padding_mode": 2}},
		{"class_name": "GRU", "config": {"name": "g"}}`)), nil)
	for _, want := range []string{"layer l (LSTM)", "no option padding_mode", `"filters" must be`, "layer g (GRU)", "layers that can be imported"} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("%s is not once in %v", want, err)
		}
	}
}

// Each is a form in which a version of Keras writes something that we write differently or
// not at all.
func TestDialectsOfKerasAreUnderstood(t *testing.T) {
	for config, want := range map[string]string{ // the layers in YAML, or a part of them
		classifier(`{"class_name": "Normalization", "config": {"name": "n", "axis": [], "mean": 0.5, "variance": 4.0}}`):                                                                                                                                                                         "normalization: {mean: 0.5, variance: 4.0, name: n}",
		classifier(`{"class_name": "LayerNormalization", "config": {"name": "n", "axis": [-1], "rms_scaling": false}}`):                                                                                                                                                                          "- layer_normalization: {axis: [-1], name: n}",
		classifier(`{"class_name": "ReLU", "config": {"name": "r", "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}}`):                                                                                                                                                                 "- relu: {max_value: 6.0, negative_slope: 0.0, threshold: 0.0, name: r}",
		strings.Replace(classifier(`{"class_name": "ReLU", "config": {"name": "relu"}}`), `"config": {"name": "m", "layers": [`, `"config": [`, 1):                                                                                                                                               "",
		`{"class_name": "Sequential", "config": [{"class_name": "Flatten", "config": {"batch_input_shape": [null, 8, 8, 3]}}, {"class_name": "Dense", "config": {"units": 4, "activation": "softmax"}}]}`:                                                                                        "input: [8, 8, 3]",
		`{"class_name": "Sequential", "config": {"build_input_shape": [null, 8, 8, 3], "layers": [{"class_name": "Flatten", "config": {}}, {"class_name": "Softmax", "config": {}}]}}`:                                                                                                           "input: [8, 8, 3]",
		`{"class_name": "Sequential", "build_config": {"input_shape": [null, 8, 8, 3]}, "config": {"layers": [{"class_name": "Flatten", "config": {}}, {"class_name": "Softmax", "config": {}}]}}`:                                                                                               "input: [8, 8, 3]",
		`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {"batch_input_shape": [null, 28, 28]}}, {"class_name": "Softmax", "config": {}}]}}`:                                                                                                              "input: [28, 28, 1]",
		`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Reshape", "config": {"batch_input_shape": [null, 784], "target_shape": [28, 28, 1]}}, {"class_name": "Flatten", "config": {}}, {"class_name": "Softmax", "config": {}}]}}`:                                           "input: [28, 28, 1]",
		strings.Replace(graph(pool+`, {"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["p", 0, 0, {}]]]}, {"class_name": "Softmax", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["f", 0, 0, {}]]]}`, `[["s", 0, 0]]`), "Functional", "Model", 1): "max_pooling2d",
		layers(`{"class_name": "Reshape", "config": {"name": "r", "target_shape": [-1]}}, {"class_name": "Softmax", "config": {"name": "softmax"}}`):                                                                                                                                             "- flatten: {name: r}",
		layers(`{"class_name": "Flatten", "config": {"name": "f"}}, {"class_name": "BatchNormalization", "config": {"name": "b", "axis": [1]}}, {"class_name": "Softmax", "config": {}}`):                                                                                                        "batch_normalization: {name: b}",
		classifier(`{"class_name": "BatchNormalization", "config": {"name": "b", "axis": 3, "renorm": false, "fused": null, "virtual_batch_size": null, "gamma_constraint": null}}`):                                                                                                             "batch_normalization: {name: b}",
		classifier(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": null}}}}`):                                           "kernel_initializer: glorot_uniform",
		classifier(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": null}}}}`):                                   "kernel_initializer: he_normal",
		classifier(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 0.3, "mode": "fan_out", "distribution": "normal"}}}}`):                                                          "conv2d: {filters: 2, kernel_initializer: {variance_scaling: {distribution: truncated_normal, mode: fan_out, scale: 0.3}}, kernel_size: 1, name: c}",
		classifier(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_regularizer": {"class_name": "OrthogonalRegularizer", "config": {"factor": 0.1}}, "dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}}}}`):                        "conv2d: {filters: 2, kernel_size: 1, name: c}",
		classifier(`{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}}}`):                                                                                                         "kernel_regularizer: {l1_l2: {l1: 0.0, l2: 0.01}}",
		classifier(`{"class_name": "SeparableConv2D", "config": {"name": "c", "filters": 2, "kernel_size": 1, "kernel_initializer": "glorot_uniform", "kernel_regularizer": null, "groups": 1}}`):                                                                                                "separable_conv2d: {filters: 2, kernel_size: 1, name: c}",
		classifier(`{"class_name": "LeakyReLU", "config": {"name": "l", "alpha": 0.3}}`):                                                                                                                                                                                                         "leaky_relu: {negative_slope: 0.3, name: l}",
		classifier(`{"class_name": "Activation", "config": {"name": "a", "activation": "swish"}}`):                                                                                                                                                                                               "activation: {activation: silu, name: a}",
		operation("TrueDivide", "", `[{"args": [`+input3+`, 250.0], "kwargs": {}}]`):                                                                                                                                                                                                             "rescaling: {offset: 0, scale: 0.004, name: op}",
		operation("Subtract", "", `[{"args": [3, `+input3+`], "kwargs": {}}]`):                                                                                                                                                                                                                   "rescaling: {offset: 3, scale: -1, name: op}",
		operation("TFOpLambda", `, "function": "math.truediv"`, `[["i", 0, 0, {"y": 250.0, "name": null}]]`):                                                                                                                                                                                     "rescaling: {offset: 0, scale: 0.004, name: op}",
		operation("TFOpLambda", `, "function": "math.subtract"`, `[["i", 0, 0, {"y": 127.5, "name": null}]]`):                                                                                                                                                                                    "rescaling: {offset: -127.5, scale: 1, name: op}",
		operation("TFOpLambda", `, "function": "math.multiply"`, `[["_CONSTANT_VALUE", -1, 3.0, {"y": ["i", 0, 0]}]]`):                                                                                                                                                                           "rescaling: {offset: 0, scale: 3, name: op}",
		operation("TFOpLambda", `, "function": "__operators__.add"`, `[["_CONSTANT_VALUE", -1, 3.0, {"y": ["i", 0, 0]}]]`):                                                                                                                                                                       "rescaling: {offset: 3, scale: 1, name: op}",
		operation("Subtract", "", `[{"args": [`+input3+`, {"class_name": "__numpy__", "config": {"value": [1.0, 2.0, 3.0]}}], "kwargs": {}}]`):                                                                                                                                                   "normalization: {mean: [1, 2, 3], variance: [1, 1, 1], name: op}",
		operation("Multiply", "", `[{"args": [[0.5, 0.25, 1], `+input3+`], "kwargs": {}}]`):                                                                                                                                                                                                      "normalization: {mean: [0, 0, 0], variance: [4, 16, 1], name: op}",
		operation("TFOpLambda", `, "function": "nn.bias_add"`, `[["i", 0, 0, {"bias": [-1, -2, -3], "data_format": "NHWC"}]]`):                                                                                                                                                                   "normalization: {mean: [1, 2, 3], variance: [1, 1, 1], name: op}",
		operation("GetItem", "", `[{"args": [`+input3+`, [{"class_name": "__ellipsis__", "config": {}}, `+reversed+`]], "kwargs": {}}]`):                                                                                                                                                         "rgb_to_bgr: {name: op}",
		operation("SlicingOpLambda", "", `[["i", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"}, {"start": null, "stop": null, "step": -1}]}]]`):                                                                                                                                           "rgb_to_bgr: {name: op}",
		operation("Flip", `, "axis": -1`, `[{"args": [`+input3+`], "kwargs": {}}]`):                                                                                                                                                                                                              "rgb_to_bgr: {name: op}",
		operation("TFOpLambda", `, "function": "reverse"`, `[["i", 0, 0, {"axis": [3]}]]`):                                                                                                                                                                                                       "rgb_to_bgr: {name: op}",
		operation("Cast", `, "dtype": "float32"`, `[{"args": [`+input3+`], "kwargs": {}}]`):                                                                                                                                                                                                      "layers:\n    - flatten",
		operation("TFOpLambda", `, "function": "cast"`, `[["i", 0, 0, {"dtype": "float32"}]]`):                                                                                                                                                                                                   "layers:\n    - flatten",
		stacked("2", "1", "0"):   "rgb_to_bgr: {name: stack}",
		stacked("-1", "-2", "0"): "rgb_to_bgr: {name: stack}",
		classifier(`{"class_name": "Rescaling", "config": {"name": "r", "scale": [0.5, 0.25, 1], "offset": [1, 2, 3]}}`):                                                        "normalization: {mean: [-2, -8, -3], variance: [4, 16, 1], name: r}",
		classifier(`{"class_name": "Rescaling", "config": {"name": "r", "scale": [0.5, 0.25, 1], "offset": 0.0}}`):                                                              "normalization: {mean: [0, 0, 0], variance: [4, 16, 1], name: r}",
		strings.ReplaceAll(operation("RandomFlip", "", `[{"args": [`+input3+`], "kwargs": {"training": true}}]`), "keras.src.ops.numpy", "keras.layers"):                        "random_flip: {name: op}",
		classifier(`{"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "relu"}}`):                                                                        "conv2d: {activation: relu, filters: 3, kernel_size: 1, name: d}",
		classifier(`{"class_name": "RandomFlip", "config": {"name": "r", "mode": "horizontal", "seed": 1}}`):                                                                    "random_flip: {mode: horizontal, name: r}",
		classifier(`{"class_name": "RandomZoom", "config": {"name": "r", "height_factor": {"a": 1}}}`):                                                                          "layers:\n    - flatten",
		classifier(`{"class_name": "RandomInvert", "config": {"name": "r", "factor": 0.1}}`):                                                                                    "layers:\n    - flatten",
		classifier(`{"class_name": "Resizing", "config": {"name": "r", "height": 8, "width": 8}}`):                                                                              "layers:\n    - flatten",
		classifier(`{"class_name": "ReLU", "config": {"name": "a b"}}, {"class_name": "ReLU", "config": {"name": "a_b"}}`):                                                      "- relu: {name: a_b}\n    - relu: {name: a_b_1}",
		classifier(`{"class_name": "ReLU", "config": {"name": "relu_1"}}, {"class_name": "ReLU", "config": {"name": "relu"}}, {"class_name": "ReLU", "config": {"name": "x"}}`): "- relu: {name: relu_1}\n    - relu\n    - relu: {name: x}",
	} {
		k, err := readKerasConfig([]byte(config), nil)
		if err != nil {
			t.Errorf("%s\n%v", config, err)
			continue
		}
		doc, err := k.Document()
		if err != nil || !strings.Contains(string(doc), want) {
			t.Errorf("%s\nis %s (%v)\nwant %s", config, doc, err, want)
		}
		var problems spec.Problems
		s := spec.Parse("model.h5", doc, nil, &problems)
		if builder.NewPlan(s, &problems); problems.Len() > 0 {
			t.Errorf("%s: %v", config, problems.Err())
		}
	}
}

// The .h5 of tf.keras has beta where ours has gamma: same number and shape.
func TestWeightsOfALayerGoByTheirNames(t *testing.T) {
	i := importFile(t, "testdata/dialects/tf215.h5")
	for at, l := range i.plan.Layers {
		if l.Label == "block1_bn" { // {scale: false}: beta, moving_mean, moving_variance
			l.Own = slices.Clone(l.Own)
			l.Own[0].Name = "gamma"
			i.plan.Layers[at] = l
		}
	}
	_, err := ReadKerasWeights("testdata/dialects/tf215.h5", i.plan)
	want := `layer "block1/bn" has beta, moving_mean, moving_variance, and no gamma, in block1_bn`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// In a weights file of Keras 2 those of frozen layers of a nested model come last.
func TestFrozenPartsOfFilesOfWeightsAreFoundByName(t *testing.T) {
	i := importFile(t, "testdata/dialects/tf215.h5")
	b, err := os.ReadFile("testdata/dialects/tf215.h5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := readContainer(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	c.config = nil // as save_weights does
	got, err := readKerasWeights(c, i.plan)
	if err != nil || !reflect.DeepEqual(got, i.model.Weights()) {
		t.Errorf("other weights (%v)", err)
	}
}

// member returns the content of a member of a .keras file.
func member(t testing.TB, path, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// zipped returns a zip of members.
func zipped(t testing.TB, method uint16, members ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i].(string), Method: method})
		if err == nil {
			_, err = w.Write(members[i+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKerasArchives(t *testing.T) {
	const path = "testdata/dialects/k3.keras"
	config, weights := member(t, path, "config.json"), member(t, path, "model.weights.h5")
	if _, err := readWhole(zipped(t, zip.Deflate, "config.json", config, "model.weights.h5", weights)); err != nil {
		t.Error("packed again:", err)
	}
	flipped := zipped(t, zip.Store, "config.json", config, "model.weights.h5", weights)
	flipped[bytes.Index(flipped, weights)+len(weights)/2] ^= 1
	for want, b := range map[string][]byte{
		"checksum error":                                     flipped,
		"damaged or truncated archive":                       flipped[:len(flipped)/2],
		"it unpacks to over":                                 zipped(t, zip.Deflate, "config.json", config, "model.weights.h5", make([]byte, 64<<20)),
		`"config.json" occurs twice`:                         zipped(t, zip.Store, "config.json", config, "config.json", config),
		"holds no model.weights.h5; weights of another form": zipped(t, zip.Store, "config.json", config, "model.weights.json", []byte("{}")),
		"model.weights.h5: not an HDF5 file, or truncated":   zipped(t, zip.Store, "config.json", config, "model.weights.h5", []byte("?")),
		"weights of another architecture: the model has no layer for those of layers/dense": zipped(t, zip.Store, "config.json", []byte(denseModel(`"units": 4`)), "model.weights.h5", member(t, "testdata/dialects/tf215.keras", "model.weights.h5")),
	} {
		if _, err := readWhole(b); err == nil || !strings.Contains(err.Error(), want) {
			if want[0] != 'w' || err == nil {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}

func readWhole(b []byte) (*KerasFile, error) {
	c, err := readContainer(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	return readKeras(c)
}

// A weight that is NaN is named, by each reader and in addition to other errors.
func TestWeightsThatAreNotNumbersAreNamed(t *testing.T) {
	b, err := os.ReadFile("testdata/dialects/tf215.h5")
	if err != nil {
		t.Fatal(err)
	}
	i := importFile(t, "testdata/dialects/tf215.h5")
	for _, w := range i.model.Weights() {
		if w.Name != "separable/bias" && w.Name != "dense_1/kernel" {
			continue
		}
		var pattern []byte
		for _, v := range w.Data {
			pattern = binary.LittleEndian.AppendUint32(pattern, math.Float32bits(v))
		}
		at := bytes.Index(b, pattern)
		if at < 0 {
			t.Fatal("the weight is not in the file")
		}
		copy(b[at:], binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
		copy(b[at+4:], binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.Inf(1)))))
	}
	const want = "weights that are NaN or infinite: "
	if _, err := readWhole(b); err == nil || err.Error() != want+"separable/bias (2 of 4), dense_1/kernel (2 of 15); use weights from before training broke down" {
		t.Errorf("got %v", err)
	}
	broken := bytes.Replace(b, []byte(`"class_name": "GaussianNoise"`), []byte(`"class_name": "GaussianNoisy"`), 1)
	if _, err := readWhole(broken); err == nil || !strings.Contains(err.Error(), "GaussianNoisy") || !strings.Contains(err.Error(), want+"base/separable/bias:0 (2 of 4), head/dense_1/kernel:0 (2 of 15)") {
		t.Errorf("got %v", err)
	}
}

func TestFilesAreNamedForWhatTheyAre(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := func(name, content string) string { return write(name, []byte(content)) }
	archive := func(name, inside string) string { return write(name, zipped(t, zip.Store, inside, []byte("x"))) }
	text("checkpoint/cp.index", "x")
	text("saved/saved_model.pb", "\x08\x01\x12")
	text("run/run.json", "{}")
	text("run/spec.yaml", "")
	text("unpacked/config.json", "{}")
	text("[a]/saved_model.pb", "")
	var onnx bytes.Buffer
	if err := WriteONNX(&onnx, importFile(t, "testdata/keras/small.h5").Model); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"testdata/keras/small.h5":                                        isKeras,
		"testdata/dialects/k3.keras":                                     isKeras,
		"testdata/dialects/k3.json":                                      isKerasJSON,
		"testdata/dialects/k3.safetensors":                               "",
		write("m.onnx", onnx.Bytes()):                                    isONNX,
		text("saved/variables.index", "x"):                               isTFWeights,
		filepath.Join(dir, "saved"):                                      isSavedModel,
		filepath.Join(dir, "[a]"):                                        isSavedModel,
		text("checkpoint/cp.data-00000-of-00001", "x"):                   isTFWeights,
		filepath.Join(dir, "checkpoint"):                                 isTFWeights,
		text("checkpoint/checkpoint", `model_checkpoint_path: "cp"`):     isTFWeights,
		text("saved.pb", "\x0a\x05"):                                     isSavedModel,
		archive("m.pth", "archive/data.pkl"):                             isPyTorch,
		text("old.pth", "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j"):              isPyTorch,
		text("m.pkl", "\x80\x04\x95"):                                    isPickle,
		archive("w.npz", "arr_0.npy"):                                    isNumPy,
		text("w.npy", "\x93NUMPY\x01"):                                   isNumPy,
		text("saved/saved_model.pb", "\x08\x01\x12\x00\x00"):             isSavedModel,
		text("parts/model.safetensors.index.json", `{"weight_map": {}}`): isIndex,
		filepath.Join(dir, "parts"):                                      isIndex,
		archive("export.pt2", "export/archive_format"):                   isPyTorch,
		archive("saved.zip", "m/saved_model.pb"):                         isSavedModel,
		archive("photos.zip", "cat/1.png"):                               isArchive,
		text("m.tar.gz", "\x1f\x8b\x08"):                                 isArchive,
		text("m.tflite", "\x1c\x00\x00\x00TFL3"):                         isTFLite,
		text("m.gguf", "GGUF\x03"):                                       "language",
		text("net.yaml", "name: net\nlayers:\n  - flatten\n"):            isSpec,
		text("short.yaml", "layers: []"):                                 isSpec,
		text("lfs.h5", "version https://git-lfs.github.com/spec/v1\n"):   "pointer of Git LFS",
		text("page.h5", "<!DOCTYPE html><html>"):                         "web page",
		text("cat.png", "\x89PNG\r\n"):                                   isImage,
		text("empty.h5", ""):                                             "is empty",
		text("note.txt", "weights: lost"):                                "is a text",
		text("cut.keras", "PK\x03\x04"):                                  "damaged or truncated zip",
		filepath.Join(dir, "run"):                                        "is a run of cnntrain",
		dir:                                                              "is a folder",
		filepath.Join(dir, "absent"):                                     "",
		text("noise", "\xff\xfe\xfd\xfc"):                                "",
	} {
		got := Kind(path)
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if want == isKeras || want == "" {
			continue
		}
		_, err := ReadKeras(path)
		if err == nil || strings.Contains(err.Error(), "header") || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
	other := importFile(t, "testdata/keras/keras2.h5")
	for _, path := range []string{"testdata/keras/small.h5", "testdata/keras/small.weights.h5"} {
		if _, err := ReadKerasWeights(path, other.plan); err == nil || !strings.Contains(err.Error(), "another architecture") {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if _, err := ReadKeras("testdata/keras/small.weights.h5"); err == nil || !strings.Contains(err.Error(), "holds no model, at most weights") {
		t.Errorf("got %v", err)
	}
}

// Names of the groups of a .keras in Keras 2.12 and in Keras on Windows.
func TestOtherPathsOfWeights(t *testing.T) {
	const path = "testdata/dialects/k3.keras"
	c := func() *container {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := readContainer(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	windows := c()
	layers := windows.weights.Groups["layers"]
	delete(windows.weights.Groups, "layers")
	doubled := strings.NewReplacer("_1", "_2", "_2", "_4")
	for name, g := range layers.Groups {
		path := `_layer_checkpoint_dependencies\` + doubled.Replace(name)
		windows.weights.Groups[path+`\vars`] = g.Groups["vars"]
		for inner, g := range groupsOf(g.Groups["layers"]) {
			windows.weights.Groups[path+`\_layer_checkpoint_dependencies\`+doubled.Replace(inner)] = g
		}
	}
	unixPaths(windows.weights)
	got, err := readKeras(windows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := readKeras(c())
	if err != nil || !reflect.DeepEqual(got.weights, want.weights) {
		t.Errorf("other weights (%v)", err)
	}
}

func groupsOf(g *hdf5.Group) map[string]*hdf5.Group {
	if g == nil {
		return nil
	}
	return g.Groups
}

// FuzzKerasConfig requires an error or a spec for any JSON of a model.
func FuzzKerasConfig(f *testing.F) {
	for _, name := range []string{"k3", "tf215"} {
		b, err := os.ReadFile("testdata/dialects/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(graph(pool+","+conv+","+add2, `[["a", 0, 0]]`)))
	f.Add([]byte(graph(pool+","+conv+","+add3, `["a", 0, 0]`)))
	f.Add([]byte(classifier(`{"class_name": "Reshape", "config": {"target_shape": [-1]}}`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := readKerasConfig(b, b)
		if err != nil {
			return
		}
		doc, err := k.Document()
		if err != nil {
			t.Fatal(err)
		}
		var problems spec.Problems
		if s := spec.Parse("fuzz", doc, nil, &problems); s == nil {
			t.Fatalf("%v in %s", problems.Err(), doc)
		}
	})
}

// FuzzKerasArchive requires an error or a model for any archive.
func FuzzKerasArchive(f *testing.F) {
	for _, name := range []string{"k3", "tf215"} {
		path := "testdata/dialects/" + name + ".keras"
		config, weights := member(f, path, "config.json"), member(f, path, "model.weights.h5")
		f.Add(zipped(f, zip.Store, "config.json", config, "model.weights.h5", weights))
		f.Add(zipped(f, zip.Deflate, "config.json", config, "model.weights.h5", weights))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readWhole(b)
	})
}

// FuzzKind requires a result without a panic for any file.
func FuzzKind(f *testing.F) {
	for _, h := range heads {
		f.Add(append(make([]byte, h.at), h.begin...), "x")
	}
	f.Add([]byte("layers:"), "a.yaml")
	f.Fuzz(func(_ *testing.T, b []byte, name string) {
		headKind(b, name)
		_ = zipKind(bytes.NewReader(b), int64(len(b)))
	})
}

// Sigmoids at the end are decisions, whatever the loss was; logits of decisions get them.
func TestDecisionsAreImported(t *testing.T) {
	for _, c := range []struct{ layer, training, want, note string }{
		{`"units": 1, "activation": "sigmoid"`, "", "loss: binary_crossentropy", ""},
		{`"units": 5, "activation": "sigmoid"`, `{"loss": "binary_crossentropy"}`, "loss: binary_crossentropy", ""},
		{`"units": 5, "activation": "sigmoid"`, `{"loss": "categorical_crossentropy"}`, "loss: binary_crossentropy", "loss categorical_crossentropy: is not one for sigmoid here"},
		{`"units": 2, "activation": "softmax"`, `{"loss": "binary_crossentropy"}`, "loss: categorical_crossentropy", "loss binary_crossentropy: is not one for softmax here"},
		{`"units": 1`, `{"loss": {"class_name": "BinaryCrossentropy", "config": {"from_logits": true, "label_smoothing": 0.5}}}`, "label_smoothing: 0.5", "sigmoid is added"},
	} {
		var training []byte
		if c.training != "" {
			training = []byte(c.training)
		}
		k, err := readKerasConfig([]byte(denseModel(c.layer)), training)
		if err != nil {
			t.Errorf("%s: %v", c.layer, err)
			continue
		}
		doc, err := k.Document()
		if err != nil || !strings.Contains(string(doc), c.want) {
			t.Errorf("%s, %s: %v\n%s", c.layer, c.training, err, doc)
		}
		if notes := strings.Join(k.Notes, "\n"); !strings.Contains(notes, c.note) {
			t.Errorf("%s, %s: notes %q", c.layer, c.training, notes)
		}
		var problems spec.Problems
		if builder.NewPlan(spec.Parse("spec", doc, nil, &problems), &problems); problems.Err() != nil {
			t.Errorf("%s: %v", c.layer, problems.Err())
		}
	}
}
