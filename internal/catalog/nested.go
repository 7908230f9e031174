package catalog

import (
	"strings"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// Thing declares an option whose value is an entry of another catalog: "optimizer: adam",
// "optimizer: {sgd: {momentum: 0.9}}". def is the default value; if it is empty, into is
// left alone when the option is not given.
func Thing[T any](o *Options, c *Catalog[T], into *T, name, def, doc string) *Field {
	return o.add(&Field{Name: name, Doc: doc, value: &thing[T]{c: c, into: into, def: def}})
}

type thing[T any] struct {
	c    *Catalog[T]
	into *T
	def  string
	item spec.Item
}

func (t *thing[T]) decode(f *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	t.item = spec.Item{Name: t.def, Pos: at.Pos}
	if n != nil && !t.readItem(at, n) {
		problems.Add(at.At(n), "%s: %q must be a name or {name: options}; known: %s", at.Name, f.Name, list(t.c.Names()))
		return
	}
	if t.item.Name == "" {
		if len(below) == 0 {
			return
		}
		t.item.Name = below[0].Path[0] // kernel_regularizer.l2=0.1 names the thing
	}
	t.item.Overrides = below
	if v, ok := t.c.Decode(&t.item, problems); ok {
		*t.into = v
	}
}

// readItem converts the node of an entry to its item.
func (t *thing[T]) readItem(at *spec.Item, n *yaml.Node) bool {
	if t.c.Together != "" && n.Kind == yaml.MappingNode && len(n.Content) > 2 {
		t.item.Pos, t.item.Name, t.item.Options = at.At(n), t.c.Together, n
		return true
	}
	return readItem(&t.item, at, n)
}

// readItem converts NAME or {NAME: OPTIONS} to item.
func readItem(item *spec.Item, at *spec.Item, n *yaml.Node) bool {
	item.Pos, item.Name = at.At(n), ""
	switch {
	case n.Kind == yaml.ScalarNode:
		item.Name = n.Value
	case n.Kind == yaml.MappingNode && len(n.Content) == 2:
		item.Name, item.Options = n.Content[0].Value, n.Content[1]
	}
	return item.Name != ""
}

func (t *thing[T]) encode() *yaml.Node {
	if t.item.Name == "" {
		if t.def == "" {
			return nil
		}
		return spec.Scalar(t.def)
	}
	return t.item.Node()
}

// Things declares an option whose value is a list of entries of another catalog: "metrics:
// [accuracy]". *into has them in the order of the list; it stays nil if one of them is
// invalid.
func Things[T any](o *Options, c *Catalog[T], into *[]T, name string, def []string, doc string) *Field {
	return o.add(&Field{Name: name, Doc: doc, value: &things[T]{c: c, into: into, def: def}})
}

type things[T any] struct {
	c     *Catalog[T]
	into  *[]T
	def   []string
	items []*spec.Item
}

func (t *things[T]) decode(f *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	if len(below) > 0 {
		problems.Add(below[0].Pos(), "%s: %q is a list; set it whole", at.Name, f.Name)
		return
	}
	t.items = []*spec.Item{}
	switch {
	case n == nil:
		for _, name := range t.def {
			t.items = append(t.items, &spec.Item{Name: name, Pos: at.Pos})
		}
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			it := &spec.Item{}
			if !readItem(it, at, c) {
				problems.Add(at.At(c), "%s: %q must be a list of names or {name: options}; known: %s", at.Name, f.Name, list(t.c.Names()))
				return
			}
			t.items = append(t.items, it)
		}
	default:
		it := &spec.Item{}
		if !readItem(it, at, n) {
			problems.Add(at.At(n), "%s: %q must be a list; known: %s", at.Name, f.Name, list(t.c.Names()))
			return
		}
		t.items = append(t.items, it)
	}
	all := []T{}
	for _, it := range t.items {
		if v, ok := t.c.Decode(it, problems); ok {
			all = append(all, v)
		}
	}
	if len(all) == len(t.items) {
		*t.into = all
	}
}

func (t *things[T]) encode() *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	if t.items == nil {
		for _, name := range t.def {
			n.Content = append(n.Content, spec.Scalar(name))
		}
	}
	for _, it := range t.items {
		n.Content = append(n.Content, it.Node())
	}
	return n
}

// Each declares one option for every entry of a catalog, none of which has a default:
// "early_stopping: 5". It appends to *into those that are given.
func Each[T any](o *Options, c *Catalog[T], into *[]T) {
	for _, name := range c.Names() {
		doc, _, _ := strings.Cut(c.entries[name].Doc, "\n")
		o.add(&Field{Name: name, Doc: doc, value: &optional[T]{c: c, into: into, name: name}})
	}
}

type optional[T any] struct {
	c    *Catalog[T]
	into *[]T
	name string
	item *spec.Item
}

func (t *optional[T]) decode(_ *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	if n == nil && len(below) == 0 {
		return
	}
	t.item = &spec.Item{Name: t.name, Pos: at.Pos, Options: n, Overrides: below}
	if n != nil {
		t.item.Pos = at.At(n)
	}
	if v, ok := t.c.Decode(t.item, problems); ok {
		*t.into = append(*t.into, v)
	}
}

func (t *optional[T]) encode() *yaml.Node {
	if t.item == nil || t.item.Resolved == nil {
		return nil
	}
	options := *t.item.Resolved
	options.Style = yaml.FlowStyle
	return &options
}
