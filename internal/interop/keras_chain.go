package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// config holds the options of an object in Keras's JSON.
type config map[string]any

// A kerasLayer is one layer of a model, with nested models flattened.
type kerasLayer struct {
	class, name string
	config      config
	ours        bool     // from the package customLayers
	custom      string   // the module of a class that is not part of Keras
	within      []string // the nested models that it is in, outermost first
	path        string   // path of its group in a .weights.h5
	called      []config // the keyword arguments of its calls, if they matter
	operands    []any    // of an operation that is not a layer: x / 255
}

// group returns the name under which an .h5 file stores the layer's weights.
func (l *kerasLayer) group() string {
	if len(l.within) > 0 {
		return l.within[0]
	}
	return l.name
}

// A chain is the layers of a sequential model in execution order.
type chain struct {
	name   string
	input  any // the batch input shape, for a model without an InputLayer
	layers []kerasLayer
	parts  bool // the graph branches
	faults faults
}

// readChain parses the JSON of a model. The error means that it is not the JSON of a model;
// reasons why a model cannot be imported go to faults.
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

// thing reads {"class_name": …, "config": {…}}. A config that is a list is a Sequential
// model of Keras before 2.2.3.
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

// builtFor returns the batch shape for which a model was built.
func builtFor(model any, options config) any {
	if shape := options["build_input_shape"]; shape != nil {
		return shape
	}
	m, _ := model.(map[string]any)
	build, _ := m["build_config"].(map[string]any)
	return build["input_shape"]
}

// isModel reports whether a class is a model that its JSON describes completely. Functional
// models are called Model up to Keras 2.3.
func isModel(class string) bool {
	return class == "Sequential" || class == "Functional" || class == "Model"
}

// maxNested limits the depth of nested models, maxLayers the number of layers.
const (
	maxNested = 32
	maxLayers = 10_000
)

// model appends the layers of a model. Path is its group in a .weights.h5.
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

// ownClass returns the class of a layer without the package name under which docs/KERAS.md
// registers it, and whether it had that package.
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

// customModule returns the module of a third-party class.
func customModule(layer any) string {
	o, _ := layer.(map[string]any)
	module, _ := o["module"].(string)
	first, _, _ := strings.Cut(module, ".")
	if slices.Contains([]string{"", "keras", "tf_keras", "tensorflow", "builtins"}, first) {
		return ""
	}
	return module
}
