package catalog

import (
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// Group declares an option that has options of its own, those that declare binds: "fine_tune:
// {frozen_epochs: 5}". The first one is the main option, as in an entry. *given reports whether
// the spec has it; otherwise the options keep their defaults.
func Group(o *Options, given *bool, name, doc string, declare func(*Options)) *Field {
	return o.add(&Field{Name: name, Doc: doc, value: &group{name: name, given: given, declare: declare}})
}

type group struct {
	name    string
	given   *bool
	declare func(*Options)
	item    *spec.Item
}

func (g *group) decode(_ *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	if n == nil && len(below) == 0 {
		return
	}
	*g.given = true
	g.item = &spec.Item{Name: g.name, Pos: at.Pos, Options: n, Overrides: below}
	if n != nil {
		g.item.Pos = at.At(n)
	}
	DecodeItem(g.item, problems, g.declare)
}

func (g *group) encode() *yaml.Node {
	if g.item == nil || g.item.Resolved == nil {
		return nil
	}
	options := *g.item.Resolved
	options.Style = yaml.FlowStyle
	return &options
}

func (g *group) schema(f *Field) map[string]any {
	return itemSchema(Info{Name: g.name, Doc: f.Doc, Fields: g.fields()})
}

// get returns whether the spec has the option.
func (g *group) get() any { return *g.given }

func (g *group) kind() string { return "options" }

// fields returns the options of the group with their defaults: the values to which declare has
// bound them are those of a decoded spec.
func (g *group) fields() []*Field {
	o := &Options{}
	g.declare(o)
	return o.fields
}

// Group returns the options of an option that has some of its own; nil if it has none.
func (f *Field) Group() []*Field {
	if g, ok := f.value.(*group); ok {
		return g.fields()
	}
	return nil
}
