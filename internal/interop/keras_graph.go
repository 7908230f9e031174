package interop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// order returns the layers of a functional model in execution order. After a branch they
// stay in the order of the file, so that further errors can be found.
func (c *chain) order(options config, members []any, within []string) []any {
	byName := map[string]any{}
	for _, m := range members {
		byName[nameOf(m)] = m
	}
	inputs, outputs := tensors(options["input_layers"]), tensors(options["output_layers"])
	where := "the model"
	if len(within) > 0 {
		where = "the model " + within[len(within)-1]
	}
	if len(inputs) != 1 || len(outputs) != 1 {
		c.faults.add("%s has %d inputs and %d outputs; only those with one of each can be imported", where, len(inputs), len(outputs))
		return members
	}
	before, used := map[string][]string{}, map[string]bool{}
	todo := []string{outputs[0]}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if used[name] {
			continue
		}
		m, ok := byName[name].(map[string]any)
		if used[name] = true; !ok {
			c.faults.add("damaged: %s has no layer %q", where, name)
			return members
		}
		before[name] = tensors(m["inbound_nodes"])
		todo = append(todo, before[name]...)
	}
	if parts := partings(before, members); parts != "" {
		c.parts = true
		c.faults.add("%s is not a chain of layers, and branches cannot be imported yet: %s", where, parts)
		return members
	}
	var ordered []any
	for name := outputs[0]; len(ordered) < len(used); name = before[name][0] {
		ordered = append(ordered, byName[name])
		if len(before[name]) == 0 {
			break
		}
	}
	slices.Reverse(ordered)
	return ordered
}

// partings describes where a graph branches and merges; empty for a chain. before has the
// inputs of each layer.
func partings(before map[string][]string, members []any) string {
	after := map[string][]string{}
	for _, m := range members {
		name := nameOf(m)
		for _, from := range before[name] {
			after[from] = append(after[from], name)
		}
	}
	var parts []string
	for _, m := range members {
		name := nameOf(m)
		if next := after[name]; len(next) > 1 {
			parts = append(parts, fmt.Sprintf("%s goes to %s", name, strings.Join(next, " and ")))
		}
		switch from := before[name]; {
		case len(from) > 1:
			parts = append(parts, fmt.Sprintf("%s takes %s", name, strings.Join(from, " and ")))
		case len(from) == 1 && from[0] == name:
			parts = append(parts, name+" takes its own output")
		}
	}
	return strings.Join(parts, "; ")
}

// tensors returns the layers whose outputs a value refers to, in order: ["name", 0, 0] of
// Keras 2, with keyword arguments as a fourth element, and __keras_tensor__ of Keras 3, in
// lists and mappings.
func tensors(v any) (names []string) {
	switch v := v.(type) {
	case []any:
		if name, ok := reference(v); ok {
			if name != constant {
				names = append(names, name)
			}
			v = v[3:]
		}
		for _, item := range v {
			names = append(names, tensors(item)...)
		}
	case map[string]any:
		if class, options, ok := thing(v); ok && class == "__keras_tensor__" {
			history, _ := options["keras_history"].([]any)
			return tensors(history)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			names = append(names, tensors(v[key])...)
		}
	}
	return names
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

// operands returns the arguments of an operation: a json.Number for a number.
func operands(layer any) []any {
	o, _ := layer.(map[string]any)
	nodes, _ := o["inbound_nodes"].([]any)
	if len(nodes) != 1 {
		return nil
	}
	if node, ok := nodes[0].(map[string]any); ok { // of Keras 3
		args, _ := node["args"].([]any)
		return args
	}
	node, _ := nodes[0].([]any)
	name, ok := reference(node)
	if !ok || len(node) < 4 {
		return nil
	}
	given, _ := node[3].(map[string]any)
	if name == constant {
		return []any{node[2], given["y"]}
	}
	return []any{name, given["y"]}
}
