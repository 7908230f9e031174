package interop

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// scanned writes an HDF5 file and returns the names of the weights in it.
func scanned(t *testing.T, root *hdf5.Group) (names []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.weights.h5")
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
	err = ScanKeras(path, func(tensors []checkpoint.Stored) error {
		for _, s := range tensors {
			names = append(names, s.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func one() *hdf5.Dataset { return hdf5.NewDataset([]int{1}, []float32{1}) }

// A model that is a class of its own has its layers in groups that are called like its attributes.
func TestWeightsOfASubclassedModelAreListed(t *testing.T) {
	root := hdf5.NewGroup()
	root.Make("vars").Attributes["name"] = "hed"
	for _, block := range []string{"block10", "block2"} {
		layers := root.Make(block).Make("layers")
		for _, name := range []string{"conv2d", "conv2d_1"} {
			vars := layers.Make(name).Make("vars")
			vars.Attributes["name"] = block + "_" + name
			vars.Datasets["0"], vars.Datasets["1"] = one(), one()
		}
		layers.Make("dropout").Make("seed_generator").Make("vars").Datasets["0"] = one()
	}
	root.Make("head").Make("vars").Datasets["0"] = one()
	root.Make("optimizer").Make("vars").Datasets["0"] = one()
	want := []string{
		"block2/block2_conv2d/0", "block2/block2_conv2d/1", "block2/block2_conv2d_1/0", "block2/block2_conv2d_1/1",
		"block10/block10_conv2d/0", "block10/block10_conv2d/1", "block10/block10_conv2d_1/0", "block10/block10_conv2d_1/1", "head/0",
	}
	if got := scanned(t, root); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An .h5 has the weights of a nested model that are trained before those that are not; the model in
// the file says in which order its layers are.
func TestWeightsAreInTheOrderOfTheModelInTheFile(t *testing.T) {
	root := hdf5.NewGroup()
	root.Attributes["model_config"] = `{"class_name": "Sequential", "config": {"name": "m", "layers": [
		{"class_name": "Sequential", "config": {"name": "base", "layers": [
			{"class_name": "InputLayer", "config": {"name": "images", "batch_input_shape": [null, 4, 4, 3]}},
			{"class_name": "Conv2D", "config": {"name": "first", "filters": 1, "kernel_size": [1, 1], "trainable": false}},
			{"class_name": "Conv2D", "config": {"name": "second", "filters": 1, "kernel_size": [1, 1]}}]}},
		{"class_name": "Dense", "config": {"name": "head", "units": 2}}]}}`
	root.Attributes["layer_names"] = []string{"base", "head"}
	base, head := root.Make("base"), root.Make("head")
	base.Attributes["weight_names"] = []string{"second/kernel:0", "second/bias:0", "first/kernel:0", "first/bias:0"}
	for _, name := range []string{"first", "second"} {
		base.Make(name).Datasets["kernel:0"], base.Make(name).Datasets["bias:0"] = one(), one()
	}
	head.Attributes["weight_names"] = []string{"head/kernel:0"}
	head.Make("head").Datasets["kernel:0"] = one()
	want := []string{"first/kernel", "first/bias", "second/kernel", "second/bias", "head/kernel"}
	if got := scanned(t, root); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Two models in a model may have layers of the same name. Those of the frozen one are behind in the file.
func TestLayersOfTheSameNameInNestedModelsHaveTheirOwnWeights(t *testing.T) {
	conv := `{"class_name": "Conv2D", "config": {"name": "conv", "filters": 3, "kernel_size": [1, 1], "use_bias": false}}`
	root := hdf5.NewGroup()
	root.Attributes["model_config"] = `{"class_name": "Sequential", "config": {"name": "m", "build_input_shape": [null, 4, 4, 3], "layers": [
		{"class_name": "Sequential", "config": {"name": "base", "layers": [
			{"class_name": "Sequential", "config": {"name": "one", "layers": [` + conv + `]}},
			{"class_name": "Sequential", "config": {"name": "two", "layers": [` + conv + `]}}]}},
		{"class_name": "Flatten", "config": {"name": "f"}}, {"class_name": "Softmax", "config": {"name": "s"}}]}}`
	root.Attributes["layer_names"] = []string{"base"}
	base := root.Make("base")
	base.Attributes["weight_names"] = []string{"base/two/conv/kernel", "base/one/conv/kernel"}
	for name, v := range map[string]float32{"one": 1, "two": 2} {
		base.Make("base").Make(name).Make("conv").Datasets["kernel"] = hdf5.NewDataset([]int{1, 1, 3, 3}, slices.Repeat([]float32{v}, 9))
	}
	if got, want := scanned(t, root), []string{"base/one/conv/kernel", "base/two/conv/kernel"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	path := filepath.Join(t.TempDir(), "m.h5")
	var b bytes.Buffer
	if err := hdf5.Write(&b, root); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, w := range importFile(t, path).model.Weights() {
		if w.Data[0] != float32(i+1) {
			t.Errorf("%s has the weights of model %g", w.Name, w.Data[0])
		}
	}
}
