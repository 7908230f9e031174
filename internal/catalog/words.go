package catalog

import (
	"strconv"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

var bools = form[bool]{
	expected: "true or false",
	read: func(n *yaml.Node) (bool, bool) {
		return n.Value == "true", n.Kind == yaml.ScalarNode && (n.Value == "true" || n.Value == "false")
	},
	node: func(v bool) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	},
	schema: func(*Field) map[string]any { return map[string]any{"type": "boolean"} },
}

var texts = form[string]{
	expected: "text",
	read:     readWord,
	node: func(v string) *yaml.Node {
		if v == "" {
			return nil
		}
		return spec.Scalar(v)
	},
	schema: func(*Field) map[string]any { return map[string]any{"type": word["type"]} },
}

func readWord(n *yaml.Node) (string, bool) { return n.Value, n.Kind == yaml.ScalarNode }

var names = form[[]string]{
	expected: "a list of names",
	read:     func(n *yaml.Node) ([]string, bool) { return readList(n, readWord) },
	node: func(v []string) *yaml.Node {
		n := sequence()
		for _, name := range v {
			n.Content = append(n.Content, spec.Scalar(name))
		}
		return n
	},
	schema: func(*Field) map[string]any { return anyOf(map[string]any{"type": "array", "items": word}, word) },
}

// A Mapping is left undecoded for its owner: keys and values in turn.
type Mapping []*yaml.Node

var mappings = form[Mapping]{
	expected: "a mapping",
	read:     func(n *yaml.Node) (Mapping, bool) { return n.Content, n.Kind == yaml.MappingNode },
	node: func(v Mapping) *yaml.Node {
		if v == nil {
			return nil
		}
		return &yaml.Node{Kind: yaml.MappingNode, Content: v}
	},
	schema: func(*Field) map[string]any { return map[string]any{"type": "object"} },
}
