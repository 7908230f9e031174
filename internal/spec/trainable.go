package spec

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// trainable is the option of layers that blocks, repeats, paths and merging layers have too. There
// it is the default of the layers inside: the innermost value applies.
const trainable = "trainable"

// within reads trainable of a block, a repeat, a path or a merging layer, given as n (nil: it is
// not given), and makes it the default of the layers that expand reads.
func (r *reader) within(n *yaml.Node, in scope, expand func()) {
	outer := r.trains
	defer func() { r.trains = outer }()
	if !isNull(n) {
		if v := r.substitute(n, in); v.Kind == yaml.ScalarNode && v.ShortTag() == "!!bool" {
			r.trains = v
		} else if _, unknown := reference(v); !unknown { // which has been reported
			r.problems.Add(r.at(n), "%s: must be true or false", trainable)
		}
	}
	expand()
}

// Default sets an option of a layer unless the layer or an override from outside the document
// sets it. at is the position of the value.
func (it *Item) Default(option, value string, at Pos) {
	overrides := func(o Override) bool { return o.Path[0] == option }
	if find(it.Options, option) != nil || slices.ContainsFunc(it.Overrides, overrides) {
		return
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: value}
	it.Overrides = append(it.Overrides, Override{Path: []string{option}, Value: n, at: at})
}

// inherit applies the trainable of what is around it.
func (r *reader) inherit(it *Item) {
	if r.trains != nil {
		it.Default(trainable, r.trains.Value, r.at(r.trains))
	}
}

// overrideTrainable applies an override of trainable to the layers in the paths of it, a merging
// layer.
func (it *Item) overrideTrainable(o Override) {
	for _, p := range it.Paths {
		for _, inner := range p.Layers {
			if inner.Paths != nil {
				inner.overrideTrainable(o)
			} else {
				inner.Overrides = append(inner.Overrides, o)
			}
		}
	}
}

// without returns a mapping without a key, and the value of the key; both nil if it has no other.
func without(n *yaml.Node, key string) (rest, value *yaml.Node) {
	if value = find(n, key); value == nil {
		return n, nil
	}
	out := *n
	out.Content = nil
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	if len(out.Content) == 0 {
		return nil, value
	}
	return &out, value
}
