package catalog

import (
	"fmt"
	"slices"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A form describes how values of one simple type are written in specs.
type form[T any] struct {
	expected string                        // what read accepts: "a whole number"
	read     func(n *yaml.Node) (T, bool)  // false if n is not such a value
	node     func(v T) *yaml.Node          // nil if there is no value
	numbers  func(v T) []float64           // the numbers that limits apply to; nil if there are none
	schema   func(f *Field) map[string]any // of what read accepts
}

// plainOf returns the value for the type of *into; it panics for a type that options cannot
// have.
func plainOf(into any) value {
	switch into := into.(type) {
	case *int:
		return &plain[int]{into, ints}
	case *float64:
		return &plain[float64]{into, floats}
	case *bool:
		return &plain[bool]{into, bools}
	case *string:
		return &plain[string]{into, texts}
	case *[]string:
		return &plain[[]string]{into, names}
	case *Pair:
		return &plain[Pair]{into, pairs}
	case *Sides:
		return &plain[Sides]{into, sides}
	case *Range:
		return &plain[Range]{into, ranges}
	case *Numbers:
		return &plain[Numbers]{into, numbers}
	case *Optional:
		return &plain[Optional]{into, optionals}
	case *Ints:
		return &plain[Ints]{into, integers}
	case *Floats:
		return &plain[Floats]{into, floatLists}
	case *Mapping:
		return &plain[Mapping]{into, mappings}
	}
	panic(fmt.Sprintf("catalog: cannot bind a %T", into))
}

// plain is the value of an option with a form.
type plain[T any] struct {
	into *T
	form form[T]
}

func (p *plain[T]) decode(f *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	if len(below) > 0 {
		problems.Add(below[0].Pos(), "%s: %q has no parts such as %q; set it whole", at.Name, f.Name, below[0].Path[0])
		return
	}
	if n == nil {
		return
	}
	v, ok := p.form.read(n)
	if !ok {
		problems.Add(at.At(n), "%s: %q must be %s, got %s", at.Name, f.Name, p.form.expected, text(n))
		return
	}
	*p.into = v
	if p.form.numbers != nil {
		if slices.ContainsFunc(p.form.numbers(v), func(v float64) bool { return !f.limits.hold(v) }) {
			problems.Add(at.At(n), "%s: %q must be %s, got %s", at.Name, f.Name, f.limits, text(n))
			return
		}
	}
	if word := text(n); f.choices != nil && n.Kind == yaml.ScalarNode && !slices.Contains(f.choices, word) {
		problems.Add(at.At(n), "%s: %q cannot be %q%s%s", at.Name, f.Name, word, spec.Hint(word, f.choices), f.otherwise)
	}
}

func (p *plain[T]) encode() *yaml.Node             { return p.form.node(*p.into) }
func (p *plain[T]) schema(f *Field) map[string]any { return p.form.schema(f) }
func (p *plain[T]) kind() string                   { return p.form.expected }
func (p *plain[T]) get() any                       { return *p.into }

// text formats a node on one line, for messages.
func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return spec.Text(n)
}

func sequence(nodes ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: nodes}
}

// readList reads a list of scalars, or a single one as a list.
func readList[T any](n *yaml.Node, read func(*yaml.Node) (T, bool)) (list []T, ok bool) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, n := range nodes {
		v, ok := read(n)
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}
