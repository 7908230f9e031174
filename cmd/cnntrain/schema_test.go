package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// compileSchema compiles the output of the schema command.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(specSchema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("spec.json")
}

// conforms validates a YAML document as an editor does.
func conforms(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

// frame is a spec with parts replaced.
func frame(data, layers, train string) string {
	return "input: [32, 32, 3]\ndata: " + data + "\nblocks: {b: {params: [n], layers: [{dense: $n}]}}\nlayers: [" + layers + "]\ntrain: " + train + "\n"
}

const (
	someData   = "{dataset: shapes, validation_split: 0.2}"
	someLayers = "flatten, dense: {units: 10, activation: softmax}"
)

func TestSchemaTakesEverySpecThatIsValid(t *testing.T) {
	schema := compileSchema(t)
	specs := documentSpecs(t)
	paths, err := filepath.Glob("../../specs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, string(text))
	}
	for _, l := range specListings() {
		for _, name := range l.Names() {
			specs = append(specs, exampleSpec(t, l.Kind(), l.Info(name)))
		}
	}
	specs = append(specs,
		frame("{dataset: ./photos}", someLayers, "{}"),
		frame("{dataset: ..}", someLayers, "{}"),
		frame("{dataset: {./photos: {test_split: 0.5}}, validation_split: null}", someLayers, "{}"),
		frame("{dataset: {/data/photos: }}", someLayers, "{}"),
		frame("{dataset: labels.csv}", someLayers, "{class_weight: balanced}"),
		frame("{dataset: {./labels.TSV: {test_split: 0.5}}}", someLayers, "{class_weight: {cat: 2}}"),
		frame("{dataset: mnist.npz}", someLayers, "{metrics: [auc: {curve: PR}, f1_score: micro]}"),
		frame("{dataset: {shapes: }}", someLayers, ""),
		frame(someData, someLayers, "{epochs: null, optimizer: null, metrics: null, early_stopping: null, seed: }"),
		frame(someData, someLayers, "{optimizer: {sgd: 1/100}, metrics: accuracy, early_stopping: 3}"),
		frame(someData, someLayers, "{optimizer: {sgd: }, metrics: [], early_stopping: {}}"),
		frame(someData, "flatten: , rescaling: {scale: 1/255, offset: null}, relu, dense: {units: 10, activation: softmax, name: 3}", "{}"),
		frame(someData, "max_pooling2d: [2, 3], max_pooling2d: {pool_size: 2, strides: [1, 2]}, max_pooling2d: null, "+someLayers, "{}"),
		`
name: 2024
description:
input: [32, 32, 3]
data: {dataset: shapes}
blocks:
  conv:
    params: [n, times]
    layers:
      - repeat: $times
        layers:
          - conv2d: {filters: $n, kernel_size: [$n, 3], padding: same, kernel_initializer: ones}
  end: {params: , layers: [flatten]}
layers:
  - conv: {n: 3, times: 2}
  - end
  - end:
  - {repeat: 2, layers: [relu]}
  - dense: {units: 10, activation: softmax}
train:
`)
	for _, text := range specs {
		if err := understand(text); err != nil {
			t.Errorf("not a valid spec: %v in%s", err, text)
		}
		if err := conforms(t, schema, text); err != nil {
			t.Errorf("%v in%s", err, text)
		}
	}
}

func TestSchemaRefusesSpecsThatAreNot(t *testing.T) {
	schema := compileSchema(t)
	for _, text := range []string{
		"{}",
		"input: [32, 32, 3]\nlayers: [flatten]\n",
		"input: [32, 32]\ndata: {dataset: shapes}\nlayers: [dense: 10, softmax]\n",
		"name: a b\n" + frame(someData, someLayers, "{}"),
		"nmae: x\n" + frame(someData, someLayers, "{}"),
		frame(someData, "", "{}"),
		frame("{dataset: shaps}", someLayers, "{}"),
		frame("{dataset: null}", someLayers, "{}"),
		frame("{dataset: {./photos: 0.1}}", someLayers, "{}"),
		frame("{dataset: {./photos: {path: ./cats}}}", someLayers, "{}"),
		frame("{dataset: {image_folder: {test_split: 0.1}}}", someLayers, "{}"),
		frame("{dataset: image_folder}", someLayers, "{}"),
		frame("{dataset: shapes, validation: 0.2}", someLayers, "{}"),
		frame("{dataset: shapes, validation_split: 1}", someLayers, "{}"),
		frame(someData, "flatten: xyz, "+someLayers, "{}"),
		frame(someData, "relu: q, "+someLayers, "{}"),
		frame(someData, "flatten, dense", "{}"),
		frame(someData, "flatten, dense: ", "{}"),
		frame(someData, "flatten, dense: 0", "{}"),
		frame(someData, "flatten, dense: 1.5", "{}"),
		frame(someData, "flatten, dense: {unit: 10}", "{}"),
		frame(someData, "flatten, dense: {units: 10, activation: softmx}", "{}"),
		frame(someData, "conv2d: 6, "+someLayers, "{}"),
		frame(someData, "max_pooling2d: [0, 2], "+someLayers, "{}"),
		frame(someData, "max_pooling2d: [2, 2, 2], "+someLayers, "{}"),
		frame(someData, "{repeat: 0, layers: [relu]}, "+someLayers, "{}"),
		frame(someData, "{repeat: 2}, "+someLayers, "{}"),
		frame(someData, someLayers, "{epoch: 3}"),
		frame(someData, someLayers, "{epochs: 0}"),
		frame(someData, someLayers, "{optimizer: {adam: {beta_1: 2}}}"),
		frame(someData, someLayers, "{metrics: [acc]}"),
		frame(someData, someLayers, "{early_stopping: -1}"),
		frame(someData, someLayers, "{early_stopping: {mode: up}}"),
		strings.Replace(frame(someData, someLayers, "{}"), "b: {params", "dense: {params", 1),
	} {
		if understand(text) == nil {
			t.Errorf("a valid spec:%s", text)
		}
		if conforms(t, schema, text) == nil {
			t.Errorf("the schema takes\n%s", text)
		}
	}
}
