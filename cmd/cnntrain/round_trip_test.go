package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/specs"
)

// TestEverySpecGoesToKerasAndBack trains every seed spec a little, evaluates the run, exports it
// in each format, and imports Keras's file as a run, whose evaluation and export must be equal;
// with -long the large specs too, and on their own data if that is available.
func TestEverySpecGoesToKerasAndBack(t *testing.T) {
	real := os.Getenv("CNNTRAIN_TEST_DATA")
	for _, name := range specs.Names() {
		t.Run(name, func(t *testing.T) {
			data := []string{"--data-dir", real}
			file, overrides := forShapes(t, name)
			switch {
			case real == "" && name == "lenet5-mnist":
				t.Skip("CNNTRAIN_TEST_DATA is not set: no real MNIST")
			case !*long && name != "lenet5-mnist" || real == "" || name == "quickstart" || overrides != nil:
				data = []string{"--set", "data.dataset=shapes", "--set", "data.dataset.shapes.train=45", "--set", "data.dataset.shapes.test=10"}
			}
			if largeSpecs[name] {
				needLong(t)
			}
			data = append(data, overrides...)
			dir := t.TempDir()
			in := func(file string) string { return filepath.Join(dir, file) }
			var fitted struct{ Dataset struct{ Name string } }
			runJSON(t, &fitted, append([]string{"fit", file, "--json", "--out", in("run"),
				"--limit", "45", "--epochs", "1"}, data...)...)
			quietly(t, "export", in("run"), "-o", in("first.h5"))
			quietly(t, "export", in("run"), "-o", in("model.weights.h5"))
			quietly(t, "export", in("run"), "-o", in("model.onnx"))
			quietly(t, "export", in("run"), "-o", in("model.safetensors"))
			quietly(t, "import", in("first.h5"), "--dataset", fitted.Dataset.Name, "--out", in("back"))
			quietly(t, "export", in("back"), "-o", in("second.h5"))
			same(t, in("first.h5"), in("second.h5"))
			if largeSpecs[name] || strings.Contains(name, "resnet") {
				return // evaluation takes a minute
			}
			if data[0] != "--data-dir" {
				data = nil // generated
			}
			var before, after []struct{ Loss, Accuracy float64 }
			runJSON(t, &before, append([]string{"eval", in("run"), "--json"}, data...)...)
			runJSON(t, &after, append([]string{"eval", in("back"), "--json"}, data...)...)
			if b, a := before[0], after[0]; data != nil && (math.Abs(b.Loss-a.Loss) > 1e-6*b.Loss || b.Accuracy != a.Accuracy || b.Loss == 0) { // batches of other sizes add up otherwise
				t.Errorf("%v became %v", before, after)
			}
		})
	}
}

// largeSpecs are the seed specs that take more than a few seconds.
var largeSpecs = map[string]bool{"alexnet": true, "cifar10-fast": true, "vgg11-bn": true, "vgg13": true, "vgg13-bn": true, "vgg16": true, "vgg16-bn": true, "vgg19": true, "resnet56": true,
	"wide-resnet-16-8": true, "densenet-bc-100-12": true, "resnet18": true, "resnet50": true, "mobilenet-v2": true, "mobilenet-v3-small": true,
	"efficientnet-b0": true, "squeezenet": true, "googlenet": true, "convnext-tiny": true, "alexnet-two-towers": true}

// forShapes returns the file of a seed spec, and the overrides with which one for photos trains
// on shapes: their size and number of classes. Where images of 32x32 are too small for the
// pooling, the file is a copy that enlarges them first.
func forShapes(t *testing.T, name string) (file string, overrides []string) {
	t.Helper()
	file = filepath.Join("../../specs", name+".yaml")
	if !bytes.Contains(specs.Text(name), []byte("dataset: ./photos")) {
		return file, nil
	}
	units := "layers.predictions.units=10"
	switch name {
	case "squeezenet":
		units = "layers.predictions.filters=10"
	case "alexnet-two-towers":
		larger := bytes.Replace(specs.Text(name), []byte("\nlayers:\n"), []byte("\nlayers:\n  - resizing: {height: 67, width: 67}\n"), 1)
		file = filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(file, larger, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return file, []string{"--set", "input=[32, 32, 3]", "--set", units}
}

// quietly runs a command that must succeed.
func quietly(t *testing.T, args ...string) {
	t.Helper()
	var errs bytes.Buffer
	s := newStreams(&bytes.Buffer{}, &errs, nil)
	if code := run(t.Context(), args, s); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
	}
}

// same fails unless two files have the same bytes.
func same(t *testing.T, a, b string) {
	t.Helper()
	first, err1 := os.ReadFile(a)
	second, err2 := os.ReadFile(b)
	if err1 != nil || err2 != nil || !bytes.Equal(first, second) {
		t.Errorf("%s and %s differ: %v, %v", a, b, err1, err2)
	}
}
