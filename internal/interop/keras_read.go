package interop

import (
	"errors"
	"fmt"
	"io"
	"os"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// IsKeras reports whether the file at path is one of HDF5, as Keras writes them.
func IsKeras(path string) bool {
	f, _, err := openFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 8)
	_, err = io.ReadFull(f, head)
	return err == nil && hdf5.IsHDF5(head)
}

// openFile opens a regular file, and no pipe, which would wait for a writer.
func openFile(path string) (f *os.File, size int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: not a regular file", path)
	}
	f, err = os.Open(path)
	return f, info.Size(), err
}

// A KerasFile is a whole-model file, read.
type KerasFile struct {
	*KerasSpec
	weights []kerasWeights
}

// ReadKeras reads the whole-model file at path. It returns an error if the model is
// not a Sequential one of layers that a spec may name, with options that we have.
func ReadKeras(path string) (k *KerasFile, err error) {
	err = open(path, func(root *hdf5.Group) (err error) {
		k, err = readKeras(root)
		return err
	})
	return k, err
}

func readKeras(root *hdf5.Group) (*KerasFile, error) {
	text := root.Text("model_config")
	if text == "" {
		return nil, errors.New("holds no model, at most weights (model_config is missing); save it with model.save, or use it with fit --weights")
	}
	model, err := readKerasConfig([]byte(text))
	if err != nil {
		return nil, err
	}
	weights, err := readH5Weights(root)
	return &KerasFile{model, weights}, err
}

// Weights returns the weights with the names they have in p, the plan of Document.
func (k *KerasFile) Weights(p *builder.Plan) ([]checkpoint.Tensor, error) {
	return nameWeights(k.weights, p)
}

// ReadKerasWeights reads the weights for a model from the file at path: a whole model,
// a .weights.h5 of Keras 3, or weights of Keras 2. As in Keras, the order of the
// layers that have weights decides which is which.
func ReadKerasWeights(path string, p *builder.Plan) (tensors []checkpoint.Tensor, err error) {
	err = open(path, func(root *hdf5.Group) (err error) {
		tensors, err = readKerasWeights(root, p)
		return err
	})
	return tensors, err
}

func readKerasWeights(root *hdf5.Group, p *builder.Plan) ([]checkpoint.Tensor, error) {
	var layers []kerasWeights
	var err error
	if all := root.Groups["layers"]; all != nil {
		layers, err = readWeightsH5(all, p)
	} else {
		layers, err = readH5Weights(root)
	}
	if err != nil {
		return nil, err
	}
	return nameWeights(layers, p)
}

// open calls read with what is in the file at path.
func open(path string, read func(*hdf5.Group) error) error {
	f, size, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := hdf5.Read(f, size)
	if err == nil {
		err = read(root)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// nameWeights gives the weights of a file the names they have in p.
func nameWeights(layers []kerasWeights, p *builder.Plan) (tensors []checkpoint.Tensor, err error) {
	for _, l := range p.Layers {
		if len(l.Own) == 0 {
			continue
		}
		if len(layers) == 0 {
			return nil, fmt.Errorf("weights of another architecture: there are none for %s", l.Label)
		}
		have := layers[0]
		layers = layers[1:]
		if len(have.tensors) != len(l.Own) {
			return nil, fmt.Errorf("weights of another architecture: layer %q has %d weights, and %s has %d", have.layer, len(have.tensors), l.Label, len(l.Own))
		}
		for i, w := range l.Own {
			t := have.tensors[i]
			t.Name = l.Label + "/" + w.Name
			tensors = append(tensors, t)
		}
	}
	if len(layers) > 0 {
		return nil, fmt.Errorf("weights of another architecture: the model has no layer for those of %q", layers[0].layer)
	}
	return tensors, nil
}
