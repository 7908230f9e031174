package catalog

import (
	"slices"
	"strings"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// Options is the set of options of one entry. The first one bound is the main option:
// "dropout: 0.3" sets it.
type Options struct {
	fields  []*Field
	checks  []func() error
	section bool // set if other packages have options in the same section
}

// A Field is one option.
type Field struct {
	Name, Doc string
	Default   string   // as YAML; empty if there is none
	Pos       spec.Pos // position of the value after decoding; the item if the option is not given
	value     value
	limits    limits
	choices   []string
	otherwise string // what to write for what is none of the choices
	required  bool
	quiet     bool
	sugar     bool
	short     string // another name that specs may use
}

// A value decodes an option from a spec and encodes it.
type value interface {
	// decode sets the value from n, which is nil if the option is not given, and from
	// overrides of its parts.
	decode(f *Field, at *spec.Item, n *yaml.Node, overrides []spec.Override, problems *spec.Problems)
	// encode returns the value as YAML, nil if there is none.
	encode() *yaml.Node
	// schema returns the JSON Schema of the values that f accepts.
	schema(f *Field) map[string]any
	// kind describes the type of the value in a word or two: "a number", "initializer".
	kind() string
}

// Bind declares the option name, decoded into *into: an int, float64, bool, string,
// []string, Pair, Sides, Range, Numbers, Optional, Ints, Floats or Mapping. Its default is
// the current value of *into.
func (o *Options) Bind(into any, name, doc string) *Field {
	return o.add(&Field{Name: name, Doc: doc, value: plainOf(into)})
}

func (o *Options) add(f *Field) *Field {
	f.Default = text(f.value.encode())
	o.fields = append(o.fields, f)
	return f
}

// Check adds a check of several options together, called after all of them were decoded
// without errors.
func (o *Options) Check(check func() error) { o.checks = append(o.checks, check) }

// Required makes it an error to omit the option.
func (f *Field) Required() *Field {
	f.required, f.Default = true, ""
	return f
}

// Quiet omits the option from resolved specs if it has its default value.
func (f *Field) Quiet() *Field {
	f.quiet = true
	return f
}

// AsIfNotGiven reports whether resolved specs omit the value n of a [Field.Quiet] option.
func (f *Field) AsIfNotGiven(n *yaml.Node) bool { return f.quiet && text(n) == f.Default }

// Sugar omits the option from resolved specs, which state its effect on other options.
func (f *Field) Sugar() *Field {
	f.sugar = true
	return f
}

// Short adds another name for the option.
func (f *Field) Short(name string) *Field {
	f.short = name
	return f
}

// IsRequired reports whether the option is required.
func (f *Field) IsRequired() bool { return f.required }

// decode decodes all options of an item and writes them to it.Resolved.
func (o *Options) decode(it *spec.Item, problems *spec.Problems) {
	before := problems.Len()
	given, mistyped := o.given(it, problems)
	overrides := o.overrides(it, problems)
	if it.Resolved == nil {
		it.Resolved = &yaml.Node{Kind: yaml.MappingNode}
	}
	for _, f := range o.fields {
		n, at := given[f], it
		var below []spec.Override
		for _, ov := range overrides[f] {
			if len(ov.Path) == 1 {
				if len(below) > 0 {
					problems.Add(ov.Pos(), "%s: would replace what is set for %s before; put it in front of that", f.Name, strings.Join(overrides[f][0].Path, "."))
				}
				n, below, at = ov.Value, nil, &spec.Item{Name: it.Name, Pos: ov.Pos()}
			} else {
				below = append(below, ov.Below())
			}
		}
		if f.required && missing(n) && len(below) == 0 {
			if mistyped[f] {
				continue
			}
			problems.Add(it.Pos, "%s: missing %q: %s", it.Name, f.Name, f.Doc)
			continue
		}
		if missing(n) {
			n = nil
		}
		if f.Pos = at.Pos; n != nil {
			f.Pos = at.At(n)
		}
		f.value.decode(f, at, n, below, problems)
		if v := f.value.encode(); v != nil && !f.sugar && !(f.quiet && text(v) == f.Default) {
			it.Resolved.Content = append(it.Resolved.Content, spec.Scalar(f.Name), v)
		}
	}
	if problems.Len() > before {
		return
	}
	for _, check := range o.checks {
		if err := check(); err != nil {
			problems.Add(it.Pos, "%s: %v", it.Name, err)
		}
	}
}

// given finds the node of each option in the item, and the options that mistyped names
// probably mean.
func (o *Options) given(it *spec.Item, problems *spec.Problems) (nodes map[*Field]*yaml.Node, mistyped map[*Field]bool) {
	nodes, mistyped = map[*Field]*yaml.Node{}, map[*Field]bool{}
	switch n := it.Options; {
	case missing(n):
	case n.Kind != yaml.MappingNode && o.main() != nil:
		nodes[o.main()] = n
	case n.Kind != yaml.MappingNode:
		problems.Add(it.At(n), "%s: has no main option to set to %q; write {option: value}", it.Name, n.Value)
	default:
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if f := o.field(key.Value); f != nil {
				if nodes[f] != nil {
					problems.Add(it.At(key), "%s: %q and %q are the same option; leave one out", it.Name, f.Name, f.short)
				}
				nodes[f] = n.Content[i+1]
			} else if !o.section {
				problems.Add(it.At(key), "%s: unknown option %q%s", it.Name, key.Value, problems.Hint(key.Value, o.names()))
				mistyped[o.field(spec.Nearest(key.Value, o.names()))] = true
			}
		}
	}
	return nodes, mistyped
}

// overrides groups the item's overrides by option. "optimizer.adam.epsilon" and
// "optimizer.epsilon" mean the same.
func (o *Options) overrides(it *spec.Item, problems *spec.Problems) map[*Field][]spec.Override {
	byField := map[*Field][]spec.Override{}
	for _, ov := range it.Overrides {
		if o.field(ov.Path[0]) == nil && ov.Path[0] == it.Name && len(ov.Path) > 1 {
			ov = ov.Below()
		}
		if f := o.field(ov.Path[0]); f != nil {
			byField[f] = append(byField[f], ov)
		} else if !o.section {
			problems.Add(ov.Pos(), "%s: unknown option %q%s", it.Name, ov.Path[0], problems.HintPath(ov.Path[0], o.names()))
		}
	}
	return byField
}

// main returns the main option, nil for an entry without options of its own.
func (o *Options) main() *Field {
	if len(o.fields) == 0 || o.fields[0].Name == "name" {
		return nil
	}
	return o.fields[0]
}

// Field returns the option called name, nil if there is none.
func (o *Options) Field(name string) *Field { return o.field(name) }

func (o *Options) field(name string) *Field {
	i := slices.IndexFunc(o.fields, func(f *Field) bool { return name != "" && (f.Name == name || f.short == name) })
	if i < 0 {
		return nil
	}
	return o.fields[i]
}

func (o *Options) names() (names []string) {
	for _, f := range o.fields {
		names = append(names, f.Name)
	}
	return names
}

// missing reports whether n has no value; null leaves an option at its default.
func missing(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}
