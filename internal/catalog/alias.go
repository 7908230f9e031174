package catalog

import (
	"regexp"
	"slices"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// An Alias maps all names of a pattern to one entry: a path to the dataset image_folder
// with that path.
type Alias struct {
	Pattern *regexp.Regexp // pattern of the names, in a syntax that JSON Schema supports too
	Name    string         // name of the entry
	Option  string         // option of the entry that receives the name
	Advice  string         // how to write a name %s that does not match the pattern, if possible
}

// apply replaces an item whose name matches the pattern by the entry with the option set.
// It reports whether the item is usable.
func (a *Alias) apply(it *spec.Item, problems *spec.Problems) bool {
	options := &yaml.Node{Kind: yaml.MappingNode}
	if !missing(it.Options) {
		if it.Options.Kind != yaml.MappingNode {
			problems.Add(it.At(it.Options), "%s: must be followed by a mapping of the options of %s, or by nothing, got %s", it.Name, a.Name, text(it.Options))
			return false
		}
		*options = *it.Options // the document must not change
	}
	for i := 0; i < len(options.Content); i += 2 {
		if key := options.Content[i]; key.Value == a.Option {
			problems.Add(it.At(key), "%s: is the %s already", it.Name, a.Option)
			return false
		}
	}
	options.Content = append(slices.Clip(options.Content), spec.Scalar(a.Option), spec.Scalar(it.Name))
	it.Name, it.Options = a.Name, options
	return true
}

// schema returns the JSON Schema of an item named by an alias; fields are the options of
// the entry.
func (a *Alias) schema(fields []*Field) map[string]any {
	rest := slices.DeleteFunc(slices.Clone(fields), func(f *Field) bool { return f.Name == a.Option })
	options := map[string]any{"anyOf": []any{Object(rest), null}}
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "pattern": a.Pattern.String()},
		map[string]any{
			"type":                 "object",
			"patternProperties":    map[string]any{a.Pattern.String(): options},
			"additionalProperties": false, "minProperties": 1, "maxProperties": 1,
		},
	}}
}
