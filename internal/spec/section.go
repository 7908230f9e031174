package spec

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// A Section is a mapping of the document, "data" or "train", whose options belong to
// several packages. Each package decodes its own options and registers them with Know;
// options that no package registers are errors.
type Section struct {
	Item
	known map[string]bool
}

func newSection(name string, at Pos) *Section {
	return &Section{Item: Item{Name: name, Pos: at}, known: map[string]bool{}}
}

func (r *reader) section(s *Section, n *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind != yaml.MappingNode:
		r.problems.Add(r.at(n), "%s: must be a mapping of options", s.Name)
	default:
		s.Pos, s.Options = r.at(n), n
	}
}

// inFull returns a section that is a single value as a mapping of its main option.
func inFull(n *yaml.Node, option string) *yaml.Node {
	if n == nil || n.Kind != yaml.ScalarNode {
		return n
	}
	key := Scalar(option)
	key.Line, key.Column = n.Line, n.Column
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column, Content: []*yaml.Node{key, n}}
}

// Given reports whether the document or an override has anything for the section.
func (s *Section) Given() bool { return s.Options != nil || len(s.Overrides) > 0 }

// Know registers an option.
func (s *Section) Know(option string) { s.known[option] = true }

// CheckUnknown adds a problem for every option that no package has registered. Call it
// after all packages have decoded theirs.
func (s *Section) CheckUnknown(problems *Problems) {
	names := slices.Sorted(maps.Keys(s.known))
	if s.Options != nil {
		for i := 0; i < len(s.Options.Content); i += 2 {
			if key := s.Options.Content[i]; !s.known[key.Value] {
				problems.Add(s.At(key), "%s: unknown option %q%s", s.Name, key.Value, problems.Hint(key.Value, names))
			}
		}
	}
	for _, o := range s.Overrides {
		if !s.known[o.Path[0]] {
			problems.Add(o.Pos(), "%s: unknown option %q%s", s.Name, o.Path[0], problems.HintPath(o.Path[0], names))
		}
	}
}
