package spec

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A block is a list of layers with a name and parameters.
type block struct {
	name   string
	params []string
	list   *yaml.Node
}

// readBlocks reads the definitions and checks what can be checked before a call.
func (r *reader) readBlocks(n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.problems.Add(r.at(n), "blocks: must be a mapping of names to {params: […], layers: […]}")
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		key, def := n.Content[i], n.Content[i+1]
		r.Blocks[key.Value] = r.at(key)
		if b := r.readBlock(key, def); b != nil {
			r.blocks[b.name] = b
		}
	}
	for i := 0; i < len(n.Content); i += 2 {
		if b := r.blocks[n.Content[i].Value]; b != nil {
			r.checkRefs(b, b.list)
		}
	}
}

func (r *reader) readBlock(key, def *yaml.Node) *block {
	b := &block{name: key.Value}
	if def.Kind != yaml.MappingNode {
		r.problems.Add(r.at(key), "block %q: must be a mapping with params and layers", b.name)
		return nil
	}
	for i := 0; i < len(def.Content); i += 2 {
		k, v := def.Content[i], def.Content[i+1]
		switch k.Value {
		case "layers":
			b.list = v
		case "params":
			for _, p := range v.Content {
				b.params = append(b.params, p.Value)
			}
			if v.Kind != yaml.SequenceNode && !isNull(v) || slices.ContainsFunc(b.params, func(p string) bool { return !runName.MatchString(p) }) {
				r.problems.Add(r.at(v), "block %q: params must be a list of names, such as [filters, convs]", b.name)
				b.params = nil
			}
		default:
			r.problems.Add(r.at(k), "block %q: unknown key %q%s", b.name, k.Value, Hint(k.Value, []string{"params", "layers"}))
		}
	}
	if isNull(b.list) || b.list.Kind != yaml.SequenceNode {
		r.problems.Add(r.at(key), `block %q: missing "layers", the list of its layers`, b.name)
		return nil
	}
	return b
}

// checkRefs finds each $name in a definition that is not one of its parameters, so that
// unused blocks are checked too.
func (r *reader) checkRefs(b *block, n *yaml.Node) {
	if name, ok := reference(n); ok && !slices.Contains(b.params, name) {
		r.problems.Add(r.at(n), "block %q has no parameter %q%s", b.name, name, Hint(name, b.params))
	}
	for _, c := range n.Content {
		r.checkRefs(b, c)
	}
}

// call expands one use of a block.
func (r *reader) call(b *block, key, args *yaml.Node, in scope, calls []string) (items []*Item) {
	if slices.Contains(calls, b.name) {
		r.problems.Add(r.at(key), "block %q calls itself (%s)", b.name, strings.Join(append(calls, b.name), " → "))
		return nil
	}
	inner := scope{}
	var trains *yaml.Node
	if !slices.Contains(b.params, trainable) {
		args, trains = without(args, trainable)
	}
	switch {
	case isNull(args):
	case args.Kind != yaml.MappingNode:
		if len(b.params) == 0 {
			r.problems.Add(r.at(args), "block %q takes no parameters", b.name)
			return nil
		}
		inner[b.params[0]] = r.substitute(args, in)
	default:
		for i := 0; i < len(args.Content); i += 2 {
			k := args.Content[i]
			if !slices.Contains(b.params, k.Value) {
				r.problems.Add(r.at(k), "block %q has no parameter %q%s", b.name, k.Value, Hint(k.Value, b.params))
				return nil
			}
			inner[k.Value] = r.substitute(args.Content[i+1], in)
		}
	}
	for _, p := range b.params {
		if inner[p] == nil {
			r.problems.Add(r.at(key), "block %q: missing parameter %q", b.name, p)
			return nil
		}
	}
	outer := r.names
	defer func() { r.names = outer }()
	r.names = &names{block: true}
	r.within(trains, in, func() { items = r.expand(b.list, inner, append(slices.Clip(calls), b.name)) })
	return items
}

// reference reports whether n is $name.
func reference(n *yaml.Node) (name string, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return "", false
	}
	return strings.CutPrefix(n.Value, "$")
}

// substitute returns a copy of n with every $name replaced by its value.
func (r *reader) substitute(n *yaml.Node, in scope) *yaml.Node {
	if name, ok := reference(n); ok {
		switch v := in[name]; {
		case v != nil && !r.count(v, n):
			return null(n)
		case v != nil:
			return v
		case in == nil:
			r.problems.Add(r.at(n), "$%s stands outside a block; parameters exist only in blocks", name)
		}
		return n // an unknown parameter of a block, which checkRefs has reported
	}
	out := *n
	out.Content = nil
	if !r.count(&out, n) {
		return null(n)
	}
	for _, c := range n.Content {
		out.Content = append(out.Content, r.substitute(c, in))
	}
	return &out
}
