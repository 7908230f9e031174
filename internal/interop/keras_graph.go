package interop

import (
	"encoding/json"
	"maps"
	"slices"
)

// A call is one use of a layer in a functional model.
type call struct {
	name string
	node int // which use it is
}

// A step is a layer of a functional model with its inputs.
type step struct {
	member any
	call   call
	inputs []call
	uses   int // how many calls the layer has
}

// order returns the layers of a functional model in execution order: those that a layer reads
// before it, in the order in which it reads them. ok is false, and the reason recorded, if there
// is no such order.
func (c *chain) order(options config, members []any, within []string) (steps []step, ok bool) {
	byName := map[string]any{}
	for _, m := range members {
		byName[nameOf(m)] = m
	}
	inputs, outputs := calls(options["input_layers"]), calls(options["output_layers"])
	where := "the model"
	if len(within) > 0 {
		where = "the model " + within[len(within)-1]
	}
	if len(inputs) != 1 || len(outputs) != 1 {
		c.faults.add("%s has %d inputs and %d outputs; only those with one of each can be imported", where, len(inputs), len(outputs))
		return nil, false
	}
	const visiting, done = 1, 2
	state := map[call]int{}
	var visit func(at call) bool
	visit = func(at call) bool {
		m, _ := byName[at.name].(map[string]any)
		nodes, _ := m["inbound_nodes"].([]any)
		at.node = max(0, min(at.node, len(nodes)-1))
		switch {
		case m == nil:
			c.faults.add("damaged: %s has no layer %q", where, at.name)
			return false
		case state[at] == visiting:
			c.faults.add("damaged: in %s, %s takes its own output", where, at.name)
			return false
		case state[at] == done:
			return true
		case len(state) > maxLayers:
			c.faults.add("over %d layers", maxLayers)
			return false
		}
		state[at] = visiting
		s := step{member: m, call: at, uses: len(nodes)}
		if len(nodes) > 0 {
			s.inputs = calls(nodes[at.node])
		}
		for i, in := range s.inputs {
			if !visit(in) {
				return false
			}
			inner, _ := byName[in.name].(map[string]any)
			uses, _ := inner["inbound_nodes"].([]any)
			s.inputs[i].node = max(0, min(in.node, len(uses)-1))
		}
		state[at] = done
		steps = append(steps, s)
		return true
	}
	return steps, visit(outputs[0])
}

// calls returns the calls whose outputs a value refers to, in order: ["name", node, tensor] of
// Keras 2, with keyword arguments as a fourth element, and __keras_tensor__ of Keras 3, in
// lists and mappings.
func calls(v any) (list []call) {
	switch v := v.(type) {
	case []any:
		if name, ok := reference(v); ok {
			if name != constant {
				n, _ := v[1].(json.Number).Int64()
				list = append(list, call{name, int(min(n, maxLayers))})
			}
			v = v[3:]
		}
		for _, item := range v {
			list = append(list, calls(item)...)
		}
	case map[string]any:
		if class, options, ok := thing(v); ok && class == "__keras_tensor__" {
			history, _ := options["keras_history"].([]any)
			return calls(history)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			list = append(list, calls(v[key])...)
		}
	}
	return list
}

// constant is what Keras 2 writes in place of a layer for a number.
const constant = "_CONSTANT_VALUE"

// reference reads ["name", node, tensor, …], optionally with keyword arguments.
func reference(v []any) (name string, ok bool) {
	if len(v) < 3 {
		return "", false
	}
	name, ok = v[0].(string)
	_, node := v[1].(json.Number)
	_, tensor := v[2].(json.Number)
	return name, ok && node && tensor
}

// keywords returns the keyword arguments of a layer's calls in Keras 2. Those of Keras 3
// have no effect: its functional models override the training argument.
func keywords(layer any) (list []config) {
	o, _ := layer.(map[string]any)
	var find func(v any)
	find = func(v any) {
		items, _ := v.([]any)
		if _, ok := reference(items); ok && len(items) > 3 {
			given, _ := items[3].(map[string]any)
			list = append(list, given)
			return
		}
		for _, item := range items {
			find(item)
		}
	}
	find(o["inbound_nodes"])
	return list
}
