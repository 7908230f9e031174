// Package catalog holds the named things a spec may mention. Each declares its
// options once; decoding, defaults, errors with places, documentation and JSON
// Schema follow from that one declaration.
package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/spec"
	"cnntrain/internal/words"
)

// A Catalog is the set of things of one kind: layers, optimizers, datasets.
type Catalog[T any] struct {
	kind    string
	entries map[string]Entry[T]

	// Common, where set, binds the options that every thing of the kind has
	// besides its own, and returns the thing that heeds them.
	Common func(T, *Options) T
	// Aliases let more names stand for things. The first that a name is of the form of is its own.
	Aliases []*Alias
	// Together, where set, is the thing that several names in one mapping stand
	// for, each of them one of its options: {l1: 0.1, l2: 0.2}.
	Together string
}

// An Entry is one thing of a catalog.
type Entry[T any] struct {
	Name    string   // in a spec
	Keras   string   // the class in Keras it stands for; empty where there is none
	Also    []string // more names that Keras has for it
	Doc     string   // Markdown; the first line stands alone in lists
	Example string   // an item as YAML; documentation, and the case the conformance tests run
	Input   []int    // of a layer: the shape of one example for Example
	New     func(*Options) T
}

// New returns an empty catalog of a kind of thing: "layer".
func New[T any](kind string) *Catalog[T] {
	return &Catalog[T]{kind: kind, entries: map[string]Entry[T]{}}
}

// Kind returns what the catalog holds, in the singular.
func (c *Catalog[T]) Kind() string { return c.kind }

// Add enters e. It returns a value only so that it can stand in a var declaration.
func (c *Catalog[T]) Add(e Entry[T]) Entry[T] {
	if _, ok := c.entries[e.Name]; ok {
		panic("catalog: two " + words.Plural(c.kind) + " named " + e.Name)
	}
	c.entries[e.Name] = e
	return e
}

// Names returns the names in alphabetical order.
func (c *Catalog[T]) Names() []string { return slices.Sorted(maps.Keys(c.entries)) }

// Has reports whether there is a thing called name.
func (c *Catalog[T]) Has(name string) bool {
	_, ok := c.entries[name]
	return ok
}

// Entry returns the entry called name.
func (c *Catalog[T]) Entry(name string) Entry[T] { return c.entries[name] }

// Info is what an entry says of itself.
type Info struct {
	Name, Keras, Doc, Example string
	Also                      []string
	Input                     []int
	Fields                    []*Field // its options, at their defaults
}

// Info describes the entry called name.
func (c *Catalog[T]) Info(name string) Info {
	e := c.entries[name]
	_, o := c.make(e)
	return Info{e.Name, e.Keras, e.Doc, e.Example, e.Also, e.Input, o.fields}
}

// A Listing is a catalog of whatever kind, for documentation.
type Listing interface {
	Kind() string
	Names() []string
	Info(name string) Info
	Schema() map[string]any
	Check(it *spec.Item) error
}

// Find returns the name of the thing of a catalog that a word means: its name, the class
// in Keras or another name there, whatever the spelling: MaxPool2D, max_pooling_2d.
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

// fold leaves out what tells spellings apart: MaxPooling2D, max_pooling2d.
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

// Decode turns an item of a spec into the thing it names and fills in
// it.Resolved. What is wrong goes to problems; ok says nothing was.
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
		hint := spec.Hint(it.Name, c.Names())
		if near, ok := Find(c, it.Name); ok {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		for _, a := range c.Aliases {
			if a.Advice != "" && spec.Nearest(it.Name, c.Names()) == "" {
				hint += "; " + fmt.Sprintf(a.Advice, it.Name)
			}
		}
		problems.Add(it.Pos, "unknown %s %q%s", c.kind, it.Name, hint)
		return thing, false
	}
	before := problems.Len()
	thing, o := c.make(e)
	o.decode(it, problems)
	return thing, problems.Len() == before
}

// Check returns an error if a copy of it cannot be decoded. It names no place, for an item
// that stands in no document.
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

// Default returns the thing called name with all options at their defaults. It
// panics if there is no such thing or it has an option that must be given.
func (c *Catalog[T]) Default(name string) T {
	var problems spec.Problems
	thing, ok := c.Decode(&spec.Item{Name: name}, &problems)
	if !ok {
		panic(problems.Err())
	}
	return thing
}

// DecodeSection reads the options that declare binds from a section of the
// document; other packages may read theirs from the same section.
func DecodeSection(s *spec.Section, problems *spec.Problems, declare func(*Options)) {
	o := &Options{section: true}
	declare(o)
	for _, f := range o.fields {
		s.Know(f.Name)
	}
	o.decode(&s.Item, problems)
}

// DecodeItem reads the options that declare binds from an item that has no others.
func DecodeItem(it *spec.Item, problems *spec.Problems, declare func(*Options)) {
	o := &Options{}
	declare(o)
	o.decode(it, problems)
}

// Fields returns the options that declare binds, at their defaults.
func Fields(declare func(*Options)) []*Field {
	o := &Options{}
	declare(o)
	return o.fields
}
