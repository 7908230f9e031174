package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// config is the options of a thing in Keras's JSON.
type config map[string]any

// A kerasLayer is one layer of a model, models in it taken apart.
type kerasLayer struct {
	class, name string
	config      config
	ours        bool     // of the package customLayers
	custom      string   // the module of a class that is not Keras's own
	within      []string // the models that it is in, below the whole
	path        string   // of its group in a .weights.h5
	called      []config // the keywords of its calls, where they count
	operands    []any    // of an operation that is no layer: x / 255
}

// group returns the name of what an .h5 file keeps the layer's weights under.
func (l *kerasLayer) group() string {
	if len(l.within) > 0 {
		return l.within[0]
	}
	return l.name
}

// A chain is the layers of a model in the order in which images pass them.
type chain struct {
	name   string
	input  any // the shape of a batch, where a model says it that has no InputLayer
	layers []kerasLayer
	parts  bool // it is none: it branches
	faults faults
}

// readChain reads the JSON of a model. The error is that of a text that is none; what
// cannot be imported goes to faults.
func readChain(text []byte) (*chain, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var model any
	if err := dec.Decode(&model); err != nil {
		return nil, fmt.Errorf("model_config: %w", err)
	}
	class, options, ok := thing(model)
	if !ok {
		return nil, errors.New("model_config is not that of a Keras model")
	}
	c := &chain{input: builtFor(model, options)}
	c.name, _ = options["name"].(string)
	if !isModel(class) {
		c.faults.add("a model of class %s, whose code says what it computes; only Sequential and functional models can be imported: build it as keras.Model(inputs, outputs)", class)
		return c, nil
	}
	c.model(class, options, nil, "", nil)
	return c, nil
}

// thing reads {"class_name": …, "config": {…}}. A config that is a list is that of a
// Sequential model before Keras 2.2.3.
func thing(v any) (class string, options config, ok bool) {
	o, _ := v.(map[string]any)
	class, ok = o["class_name"].(string)
	switch c := o["config"].(type) {
	case map[string]any:
		return class, c, ok
	case []any:
		return class, config{"layers": c}, ok && class == "Sequential"
	}
	return class, nil, false
}

// builtFor returns the shape of the batches that a model has been built for.
func builtFor(model any, options config) any {
	if shape := options["build_input_shape"]; shape != nil {
		return shape
	}
	m, _ := model.(map[string]any)
	build, _ := m["build_config"].(map[string]any)
	return build["input_shape"]
}

// isModel reports whether a class is one of those whose JSON says what they compute.
// Model is what Keras called functional models up to 2.3.
func isModel(class string) bool {
	return class == "Sequential" || class == "Functional" || class == "Model"
}

// maxNested bounds how deep models lie in each other, maxLayers how many layers they have.
const (
	maxNested = 32
	maxLayers = 10_000
)

// model appends the layers of a model. Path is that of its group in a .weights.h5.
func (c *chain) model(class string, options config, within []string, path string, called []config) {
	if len(within) > maxNested {
		c.faults.add("over %d models lie in each other", maxNested)
		return
	}
	members, _ := options["layers"].([]any)
	if class != "Sequential" {
		members = c.order(options, members, within)
	}
	if path != "" {
		path += "/"
	}
	paths := classPaths{}
	for i, m := range members {
		if len(c.layers) == maxLayers {
			c.faults.add("over %d layers", maxLayers)
			return
		}
		class, options, ok := thing(m)
		if !ok {
			c.faults.add("model_config: layer %d has no class_name and config", i)
			continue
		}
		class, ours := ownClass(m, class)
		l := kerasLayer{class: class, ours: ours, name: nameOf(m), config: options, within: within, path: path + "layers/" + paths.next(class)}
		l.called = append(slices.Clone(called), keywords(m)...)
		if isModel(class) {
			c.model(class, options, append(slices.Clone(within), l.name), l.path, l.called)
			continue
		}
		if l.operands = operands(m); !ours {
			l.custom = customModule(m)
		}
		c.layers = append(c.layers, l)
	}
}

// nameOf returns the name of a layer.
func nameOf(layer any) string {
	o, _ := layer.(map[string]any)
	_, options, _ := thing(layer)
	for _, from := range []map[string]any{options, o} {
		if name, _ := from["name"].(string); name != "" {
			return name
		}
	}
	return ""
}

// ownClass returns the class of a layer without the package under which docs/KERAS.md
// registers it, and reports whether it was.
func ownClass(layer any, class string) (string, bool) {
	o, _ := layer.(map[string]any)
	registered, _ := o["registered_name"].(string)
	for _, name := range []string{registered, class} {
		if own, ok := strings.CutPrefix(name, customLayers+">"); ok {
			return own, true
		}
	}
	return class, false
}

// customModule returns the module of a class that somebody else has written.
func customModule(layer any) string {
	o, _ := layer.(map[string]any)
	module, _ := o["module"].(string)
	first, _, _ := strings.Cut(module, ".")
	if slices.Contains([]string{"", "keras", "tf_keras", "tensorflow", "builtins"}, first) {
		return ""
	}
	return module
}
