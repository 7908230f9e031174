// Package catalog holds the entries that a spec can name. Each declares its options once;
// decoding, defaults, errors with positions, documentation and JSON Schema are derived from
// that declaration.
package catalog

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cnntrain/internal/spec"
	"cnntrain/internal/words"
)

// A Catalog is the set of entries of one kind: layers, optimizers, datasets.
type Catalog[T any] struct {
	kind    string
	entries map[string]Entry[T]

	// Common, if set, binds the options that every entry of the kind has besides its own,
	// and returns the value that implements them.
	Common func(T, *Options) T
	// Aliases map further names to entries. The first alias that matches a name is used.
	Aliases []*Alias
	// Together, if set, is the entry for a mapping of several names, each of which is one
	// of its options: {l1: 0.1, l2: 0.2}.
	Together string
}

// An Entry is one entry of a catalog.
type Entry[T any] struct {
	Name    string   // as used in a spec
	Keras   string   // the corresponding class in Keras; empty if there is none
	Also    []string // other names of it in Keras
	Doc     string   // Markdown; the first line is also used alone, in lists
	Example string   // an item as YAML, for the documentation and the conformance tests
	Input   []int    // of a layer: the shape of one example for Example
	New     func(*Options) T
}

// New returns an empty catalog of a kind of entries: "layer".
func New[T any](kind string) *Catalog[T] {
	return &Catalog[T]{kind: kind, entries: map[string]Entry[T]{}}
}

// Kind returns the kind of the entries, in the singular.
func (c *Catalog[T]) Kind() string { return c.kind }

// Add adds e. It returns a value only so that it can be used in a var declaration.
func (c *Catalog[T]) Add(e Entry[T]) Entry[T] {
	if _, ok := c.entries[e.Name]; ok {
		panic("catalog: two " + words.Plural(c.kind) + " named " + e.Name)
	}
	c.entries[e.Name] = e
	return e
}

// Names returns the names in alphabetical order.
func (c *Catalog[T]) Names() []string { return slices.Sorted(maps.Keys(c.entries)) }

// Has reports whether there is an entry called name.
func (c *Catalog[T]) Has(name string) bool {
	_, ok := c.entries[name]
	return ok
}

// Entry returns the entry called name.
func (c *Catalog[T]) Entry(name string) Entry[T] { return c.entries[name] }

// Info describes an entry.
type Info struct {
	Name, Keras, Doc, Example string
	Also                      []string
	Input                     []int
	Fields                    []*Field // its options, with their defaults
}

// Info returns the description of the entry called name.
func (c *Catalog[T]) Info(name string) Info {
	e := c.entries[name]
	_, o := c.make(e)
	return Info{e.Name, e.Keras, e.Doc, e.Example, e.Also, e.Input, o.fields}
}

// A Listing is a catalog of any kind, for documentation.
type Listing interface {
	Kind() string
	Names() []string
	Info(name string) Info
	Schema() map[string]any
	Check(it *spec.Item) error
}

// Find returns the name of the entry that a word stands for: its own name, or one of its
// names in Keras, in any spelling: MaxPool2D, max_pooling_2d.
func Find(c Listing, word string) (name string, ok bool) {
	if slices.Contains(c.Names(), word) {
		return word, true
	}
	plain := fold(word)
	for _, name := range c.Names() {
		info := c.Info(name)
		if slices.ContainsFunc(append(info.Also, name, info.Keras), func(s string) bool { return fold(s) == plain }) && plain != "" {
			return name, true
		}
	}
	return "", false
}

// fold removes the differences between spellings: MaxPooling2D, max_pooling2d.
func fold(word string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))
}

func (c *Catalog[T]) make(e Entry[T]) (T, *Options) {
	o := &Options{}
	thing := e.New(o)
	if c.Common != nil {
		thing = c.Common(thing, o)
	}
	return thing, o
}

// Decode decodes an item of a spec into the entry it names, and fills in it.Resolved.
// Errors are added to problems; ok says that there were none but a name of Keras in place of
// ours, for which the entry is decoded too, so that everything else that is wrong is found.
func (c *Catalog[T]) Decode(it *spec.Item, problems *spec.Problems) (thing T, ok bool) {
	for _, a := range c.Aliases {
		if a.Pattern.MatchString(it.Name) {
			if !a.apply(it, problems) {
				return thing, false
			}
			break
		}
	}
	e, ok := c.entries[it.Name]
	if !ok {
		word, arguments := asPython(it.Name)
		hint := spec.Hint(word, c.Names())
		near, known := Find(c, word)
		if !known {
			near = spec.Translated(word, c.Names())
			known = near != ""
		}
		if known {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		if known && arguments {
			hint = fmt.Sprintf("; write %s: {OPTION: VALUE}, with the options that cnntrain explain %[1]s lists", near)
			known = false // its options are unknown
		}
		for _, a := range c.Aliases {
			if a.Advice != "" && spec.Nearest(it.Name, c.Names()) == "" {
				hint += "; " + fmt.Sprintf(a.Advice, it.Name)
			}
		}
		problems.Add(it.Pos, "unknown %s %q%s", c.kind, it.Name, hint)
		if !known {
			return thing, false
		}
		it.Name, e = near, c.entries[near]
	}
	before := problems.Len()
	thing, o := c.make(e)
	o.decode(it, problems)
	return thing, problems.Len() == before
}

// python matches a name as Python code has it: nn.Linear(400, 120).
var python = regexp.MustCompile(`^(?:(?:tf|keras|layers|losses|metrics|optimizers|torch|nn|optim|F|functional|transforms)\.)*([A-Za-z]\w*)(\(.*\))?$`)

// asPython returns the name in a line of Python, and whether it has arguments; any other word is
// returned as it is.
func asPython(word string) (name string, arguments bool) {
	m := python.FindStringSubmatch(word)
	if m == nil {
		return word, false
	}
	return m[1], len(m[2]) > len("()")
}

// Check returns an error if a copy of item cannot be decoded. The error has no position; it
// is for an item outside a document.
func (c *Catalog[T]) Check(it *spec.Item) error {
	var problems spec.Problems
	alone := *it
	c.Decode(&alone, &problems)
	var invalid spec.Invalid
	if !errors.As(problems.Err(), &invalid) {
		return problems.Err()
	}
	var lines []string
	for _, p := range invalid {
		lines = append(lines, p.Message)
	}
	return errors.New(strings.Join(lines, "; "))
}

// Default returns the entry called name with all options at their defaults. It panics if
// there is no such entry or it has a required option.
func (c *Catalog[T]) Default(name string) T {
	var problems spec.Problems
	thing, ok := c.Decode(&spec.Item{Name: name}, &problems)
	if !ok {
		panic(problems.Err())
	}
	return thing
}

// DecodeSection decodes the options that declare binds from a section of the document;
// other packages may decode other options of the same section.
func DecodeSection(s *spec.Section, problems *spec.Problems, declare func(*Options)) {
	o := &Options{section: true}
	declare(o)
	for _, f := range o.fields {
		s.Know(f.Name)
	}
	o.decode(&s.Item, problems)
}

// DecodeItem decodes the options that declare binds from an item without other options.
func DecodeItem(it *spec.Item, problems *spec.Problems, declare func(*Options)) {
	o := &Options{}
	declare(o)
	o.decode(it, problems)
}

// Fields returns the options that declare binds, with their defaults.
func Fields(declare func(*Options)) []*Field {
	o := &Options{}
	declare(o)
	return o.fields
}
