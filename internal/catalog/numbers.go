package catalog

import (
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A Number is one of several that an option holds: the values of a list, which have
// no Name, or of a mapping.
type Number struct {
	Name  string
	Value float64
}

// readNumbers reads "[1, 2.5]" or "{cat: 1, dog: 2.5}".
func readNumbers(n *yaml.Node) ([]Number, bool) {
	var numbers []Number
	read := func(name string, n *yaml.Node) bool {
		v, ok := parseNumber(n.Value)
		numbers = append(numbers, Number{name, v})
		return ok && n.Kind == yaml.ScalarNode
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for _, v := range n.Content {
			if !read("", v) {
				return nil, false
			}
		}
		return numbers, true
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			if !read(n.Content[i].Value, n.Content[i+1]) {
				return nil, false
			}
		}
		return numbers, true
	}
	return nil, false
}

// numbersNode writes what readNumbers reads; nil if there is nothing.
func numbersNode(numbers []Number) *yaml.Node {
	if len(numbers) == 0 {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range numbers {
		if v.Name != "" {
			n.Kind = yaml.MappingNode
			n.Content = append(n.Content, spec.Scalar(v.Name))
		}
		n.Content = append(n.Content, numberNode(v.Value))
	}
	return n
}
