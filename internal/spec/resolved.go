package spec

import (
	"bytes"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Resolved returns the spec as one YAML document with every option at its final value:
// overrides applied, blocks and repeats expanded, defaults filled in. All of its items must
// have been decoded. Parsing the document gives the same spec.
func (s *Spec) Resolved() ([]byte, error) {
	doc := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		doc.Content = append(doc.Content, Scalar(key), value)
	}
	add("name", Scalar(s.Name))
	if s.Description != "" {
		add("description", Scalar(s.Description))
	}
	input := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, d := range s.Input {
		input.Content = append(input.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(d)})
	}
	add("input", input)
	add("data", s.Data.Resolved)
	layers := &yaml.Node{Kind: yaml.SequenceNode}
	for _, it := range s.Top {
		layers.Content = append(layers.Content, it.Node())
	}
	add("layers", layers)
	if s.Weights.Given() {
		add("weights", s.Weights.Resolved)
	}
	add("train", s.Train.Resolved)
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return buf.Bytes(), enc.Close()
}

// Node returns a decoded item as in a document: its name, or its name with its options.
func (it *Item) Node() *yaml.Node {
	if it.Paths != nil {
		return it.mergeNode()
	}
	if it.Resolved == nil || len(it.Resolved.Content) == 0 {
		return Scalar(it.Name)
	}
	options := it.options()
	options.Style = yaml.FlowStyle
	return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{Scalar(it.Name), options}}
}

// options returns a copy of the resolved options, with the name that a layer of a block got.
func (it *Item) options() *yaml.Node {
	options := *it.Resolved
	options.Content = slices.Clone(options.Content)
	for i := 0; i < len(options.Content); i += 2 {
		if it.names != nil && it.names.block && options.Content[i].Value == "name" {
			options.Content[i+1] = Scalar(it.Label)
		}
	}
	return &options
}

// Scalar returns the node of a string, quoted if YAML needs that.
func Scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}
