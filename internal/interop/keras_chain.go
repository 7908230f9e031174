package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/spec"
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
	inputs      []int    // the layers that it reads, by index; spec.Images is the images
	shared      bool     // it is called several times

	operation bool   // such as x / 255, not a layer
	operands  []any  // of an operation, see arguments
	named     config // arguments of an operation that have names
	skipped   bool   // another one computes what it does
}

// group returns the name under which an .h5 file stores the layer's weights.
func (l *kerasLayer) group() string {
	if len(l.within) > 0 {
		return l.within[0]
	}
	return l.name
}

// A chain is the layers of a model in execution order.
type chain struct {
	name    string
	input   any // the batch input shape, for a model without an InputLayer
	layers  []kerasLayer
	tooLong bool // that this has been recorded
	faults  faults
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
	c.model(class, options, kerasLayer{}, spec.Images)
	c.restack()
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

// model appends the layers of a model that is called on the output of a layer, and returns the
// index of the layer with its output. They take the path, the calls and the enclosing models from
// of, which is the model as a layer.
func (c *chain) model(class string, options config, of kerasLayer, input int) (output int) {
	path := of.path
	if len(of.within) > maxNested {
		c.faults.add("over %d models lie in each other", maxNested)
		return input
	}
	members, _ := options["layers"].([]any)
	if path != "" {
		path += "/"
	}
	paths, pathOf := classPaths{}, map[string]string{}
	var steps []step
	for i, m := range members {
		class, _, ok := thing(m)
		if !ok {
			c.faults.add("model_config: layer %d has no class_name and config", i)
			continue
		}
		class, _ = ownClass(m, class)
		name := nameOf(m)
		if _, twice := pathOf[name]; twice || name == "" {
			name = fmt.Sprintf("%s#%d", name, i) // of a Sequential model
		}
		pathOf[name] = path + "layers/" + paths.next(class)
		s := step{member: m, call: call{name: name}}
		if len(steps) > 0 {
			s.inputs = []call{steps[len(steps)-1].call}
		}
		steps = append(steps, s)
	}
	if isFunctional(class) {
		if ordered, ok := c.order(options, members, of.within); ok {
			steps = ordered
		}
	}
	at := map[call]int{}
	for _, s := range steps {
		var inputs []int
		for _, in := range s.inputs {
			inputs = append(inputs, at[in])
		}
		if len(inputs) == 0 {
			inputs = []int{input}
		}
		output = c.member(s, inputs, pathOf[s.call.name], of)
		at[s.call] = output
	}
	return output
}

// isFunctional reports whether a class of models has a graph.
func isFunctional(class string) bool { return class != "Sequential" }

// member appends one layer, or those of a model in the model, and returns the index of the one
// with its output.
func (c *chain) member(s step, inputs []int, path string, of kerasLayer) (output int) {
	class, options, _ := thing(s.member)
	class, ours := ownClass(s.member, class)
	l := kerasLayer{class: class, ours: ours, name: nameOf(s.member), config: options, within: of.within, path: path, inputs: inputs, shared: of.shared || s.uses > 1}
	l.called = append(slices.Clone(of.called), keywords(s.member)...)
	if len(c.layers) >= maxLayers {
		if !c.tooLong {
			c.tooLong = true
			c.faults.add("over %d layers", maxLayers)
		}
		return inputs[0]
	}
	if isModel(class) {
		if len(inputs) > 1 {
			c.faults.of(&l, "a model with several inputs, of which only those with one can be imported")
		}
		l.within = append(slices.Clone(l.within), l.name)
		return c.model(class, options, l, inputs[0])
	}
	l.operands, l.named = arguments(s.member)
	if l.operation = isOperation(s.member); !ours {
		l.custom = customModule(s.member)
	}
	c.layers = append(c.layers, l)
	return len(c.layers) - 1
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
