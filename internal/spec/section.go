package spec

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// A Section is a mapping of the document, "data" or "train", whose options
// belong to several packages. Each decodes its own and says so with Know; what
// nobody knows is a problem.
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

// Know notes that an option exists.
func (s *Section) Know(option string) { s.known[option] = true }

// Thing returns the name of the thing that a decoded option holds: adam for
// optimizer: {adam: {learning_rate: 0.01}}.
func (s *Section) Thing(option string) string {
	switch n := find(s.Resolved, option); {
	case n == nil:
		return ""
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		return n.Content[0].Value
	default:
		return n.Value
	}
}

// CheckUnknown adds a problem for every option of the data and train sections
// that no package knows. Call it once all have decoded theirs.
func (s *Spec) CheckUnknown(problems *Problems) {
	for _, sec := range []*Section{s.Data, s.Train} {
		names := slices.Sorted(maps.Keys(sec.known))
		if sec.Options != nil {
			for i := 0; i < len(sec.Options.Content); i += 2 {
				if key := sec.Options.Content[i]; !sec.known[key.Value] {
					problems.Add(sec.At(key), "%s: unknown option %q%s", sec.Name, key.Value, Hint(key.Value, names))
				}
			}
		}
		for _, o := range sec.Overrides {
			if !sec.known[o.Path[0]] {
				problems.Add(o.Pos(), "%s: unknown option %q%s", sec.Name, o.Path[0], Hint(o.Path[0], names))
			}
		}
	}
}
