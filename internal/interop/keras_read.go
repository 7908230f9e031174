package interop

import (
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// IsKeras reports whether the file at path is an HDF5 file or a .keras archive.
func IsKeras(path string) bool {
	f, size, err := openFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 8)
	if _, err = io.ReadFull(f, head); err != nil {
		return false
	}
	return hdf5.IsHDF5(head) || zipKind(f, size) == isKeras
}

// A KerasFile is a Keras model with its weights.
type KerasFile struct {
	*KerasSpec
	weights []kerasWeights
}

// ReadKeras reads the whole model in the file at path, .h5 or .keras. The error contains
// all reasons why it cannot be imported, one per line.
func ReadKeras(path string) (k *KerasFile, err error) {
	err = open(path, func(c *container) (err error) {
		k, err = readKeras(c)
		return err
	})
	return k, err
}

// ReadKerasPair reads a model from two files: one with the JSON, as returned by
// model.to_json, and one with the weights.
func ReadKerasPair(path, weights string) (k *KerasFile, err error) {
	err = open(path, func(c *container) error {
		if c.config == nil {
			return errors.New("holds no model, only weights; name the file with the model's JSON, and this one as --weights")
		}
		var wrong error // with the content of both
		err := open(weights, func(w *container) error {
			if w.weights == nil {
				return errors.New("holds no weights")
			}
			k, wrong = readKeras(&container{c.config, c.training, w.weights, cmp.Or(c.version, w.version, versionBeside(path))})
			return nil
		})
		if err != nil {
			return separate{err}
		}
		return wrong
	})
	return k, err
}

// versionBeside returns the version of Keras that wrote the .keras file of which path is the unpacked
// config.json; empty if it is none.
func versionBeside(path string) string {
	if filepath.Base(path) != kerasConfigName {
		return ""
	}
	f, size, err := openFile(filepath.Join(filepath.Dir(path), kerasMetadataName))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	text := make([]byte, min(size, maxJSON))
	_, _ = io.ReadFull(f, text) // of less there is no version
	return versionIn(text)
}

func readKeras(c *container) (*KerasFile, error) {
	switch {
	case c.config == nil:
		return nil, errors.New("holds no model, at most weights (model_config is missing); name the JSON of the model, from model.to_json, and this file as its --weights, or start from it with fit --weights")
	case c.weights == nil:
		return nil, errors.New(strings.Replace(isKerasJSON, "is", "holds", 1))
	}
	model, err := readKerasConfig(c.config, c.training)
	if err != nil {
		// Reported in addition to other errors: weights that are not finite are useless.
		return nil, errors.Join(err, checkpoint.Finite(allTensors(modelWeights(c.weights), "")))
	}
	if err := model.checkVersion(c.version); err != nil {
		return nil, err
	}
	k := &KerasFile{KerasSpec: model}
	k.weights, err = model.readWeights(c.weights)
	return k, err
}

// Weights returns the weights with their names in p, the plan of Document.
func (k *KerasFile) Weights(p *builder.Plan) ([]checkpoint.Tensor, error) {
	return nameWeights(k.weights, p)
}

// ReadKerasWeights reads weights for a model from the file at path: a whole model, a
// .weights.h5 of Keras 3, or weights of Keras 2. As in Keras, weights are assigned by the
// order of the layers that have any; within a layer by name, if the file has names.
func ReadKerasWeights(path string, p *builder.Plan) (tensors []checkpoint.Tensor, err error) {
	err = open(path, func(c *container) (err error) {
		tensors, err = readKerasWeights(c, p)
		return err
	})
	return tensors, err
}

func readKerasWeights(c *container, p *builder.Plan) ([]checkpoint.Tensor, error) {
	if c.weights == nil {
		return nil, errors.New("holds the JSON of a model, and no weights")
	}
	var model *specReader // for any purpose: its output layers may be replaced
	var err error
	if c.config != nil {
		if model, err = readLayers(c.config); err != nil {
			return nil, err
		}
	}
	var layers []kerasWeights
	switch {
	case model != nil && model.faults == nil:
		layers, err = model.readWeights(c.weights)
	case isLegacy(c.weights): // which has its own description of its weights
		layers, err = readH5Weights(c.weights)
		p = inKerasOrder(p)
	default:
		layers, err = specOf(p).findWeights(c.weights)
	}
	if err != nil {
		return nil, err
	}
	return nameWeights(layers, p)
}

// specOf returns the part of a spec that is needed to find the weights of p's layers.
func specOf(p *builder.Plan) *KerasSpec {
	k, paths := &KerasSpec{origins: make([]origin, len(p.Layers))}, classPaths{}
	for _, i := range planOrder(p) {
		l := p.Layers[i]
		path := paths.next(l.Type)
		k.origins[i] = origin{kerasLayer: kerasLayer{class: l.Type, name: path, path: "layers/" + path}, own: l.Own}
	}
	return k
}

// planOrder returns the indices of the layers of p in Keras's order.
func planOrder(p *builder.Plan) []int {
	var inputs [][]int
	for _, l := range p.Layers {
		inputs = append(inputs, l.Inputs)
	}
	return kerasOrder(inputs)
}

// inKerasOrder returns p with its layers in Keras's order, which has no other use.
func inKerasOrder(p *builder.Plan) *builder.Plan {
	sorted := *p
	sorted.Layers = nil
	for _, i := range planOrder(p) {
		sorted.Layers = append(sorted.Layers, p.Layers[i])
	}
	return &sorted
}

// readWeights reads the weights of the layers of k that have any, in their order, and
// checks that there are no others.
func (k *KerasSpec) readWeights(root *hdf5.Group) (layers []kerasWeights, err error) {
	found, err := k.findWeights(root)
	if err != nil {
		return nil, err
	}
	var wrong faults
	var all []checkpoint.Tensor
	for i, o := range k.origins {
		if o.swaps() {
			layers = append(layers, exchanged(o.name))
			continue
		}
		if len(o.own) == 0 && len(found[i].tensors) == 0 {
			continue
		}
		w, errs := found[i].as(o.own)
		w.layer = o.name
		wrong = append(wrong, errs...)
		layers, all = append(layers, w), append(all, w.named()...)
	}
	return layers, errors.Join(wrong.err(), checkpoint.Finite(all))
}

// findWeights finds the weights of each origin.
func (k *KerasSpec) findWeights(root *hdf5.Group) (found []kerasWeights, err error) {
	found = make([]kerasWeights, len(k.origins))
	if isLegacy(root) {
		return found, findH5Weights(root, k.origins, found)
	}
	return found, findVars(root, k.origins, found)
}

// nameWeights renames the weights of a file to those of p. Layers are matched by order; if
// that fails, by name, provided that all names are those of p's layers: in files of Keras 2
// the frozen part of a model comes last.
func nameWeights(layers []kerasWeights, p *builder.Plan) ([]checkpoint.Tensor, error) {
	layers = slices.DeleteFunc(layers, func(w kerasWeights) bool { return len(w.tensors) == 0 })
	tensors, wrong := inOrder(layers, p)
	if wrong != nil {
		if again, still := inOrder(byLabel(layers, p), p); still == nil {
			tensors, wrong = again, nil
		}
	}
	return tensors, errors.Join(wrong.err(), checkpoint.Finite(tensors))
}

func inOrder(layers []kerasWeights, p *builder.Plan) (tensors []checkpoint.Tensor, wrong faults) {
	for _, l := range p.Layers {
		if len(l.Own) == 0 {
			continue
		}
		if len(layers) == 0 {
			wrong.add("weights of another architecture: there are none for %s", l.Label)
			continue
		}
		have, errs := layers[0].as(l.Own)
		for _, err := range errs {
			wrong.add("weights of another architecture: %s, in %s", err, l.Label)
		}
		layers = layers[1:]
		have.layer = l.Label
		tensors = append(tensors, have.named()...)
	}
	for _, left := range layers {
		wrong.add("weights of another architecture: the model has no layer for those of %q", left.layer)
	}
	return tensors, wrong
}

// byLabel returns the layers with the names of p's layers, in the order of p, then the
// others. A name matches the end of a scope after a slash.
func byLabel(layers []kerasWeights, p *builder.Plan) (ordered []kerasWeights) {
	named := func(scope, label string) bool {
		for {
			if notInLabel.ReplaceAllString(scope, "_") == label {
				return true
			}
			_, rest, ok := strings.Cut(scope, "/")
			if scope = rest; !ok {
				return false
			}
		}
	}
	layers = slices.Clone(layers)
	for _, l := range p.Layers {
		at := slices.IndexFunc(layers, func(w kerasWeights) bool { return named(w.layer, l.Label) })
		if at >= 0 {
			ordered = append(ordered, layers[at])
			layers = slices.Delete(layers, at, at+1)
		}
	}
	return append(ordered, layers...)
}
