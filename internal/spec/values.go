package spec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Value is one value of a spec and its path for --set.
type Value struct{ Path, Text string }

// Values returns every value that the document gives, after expansion of blocks and
// repeats: train.epochs, train.optimizer.adam.learning_rate, layers.conv2d_1.filters. The
// value of a layer without options is the layer itself.
func (s *Spec) Values() []Value {
	v := []Value{{"name", s.Name}, {"input", strings.ReplaceAll(fmt.Sprint(s.Input), " ", ", ")}}
	add := func(path string, n *yaml.Node) { v = appendValues(v, path, n) }
	add("data", s.Data.Options)
	for _, it := range s.Layers {
		switch path := "layers." + it.Label; {
		case it.Options != nil && it.Options.Kind == yaml.MappingNode && len(it.Options.Content) > 0:
			add(path, it.Options)
		case it.Options != nil && it.Options.Kind != yaml.MappingNode:
			add(path+"."+it.Name, it.Options)
		default:
			v = append(v, Value{path, it.Name})
		}
	}
	add("weights", s.Weights.Options)
	add("train", s.Train.Options)
	return v
}

func appendValues(v []Value, path string, n *yaml.Node) []Value {
	switch {
	case n == nil:
		return v
	case n.Kind == yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			v = appendValues(v, path+"."+n.Content[i].Value, n.Content[i+1])
		}
		return v
	}
	return append(v, Value{path, Text(n)})
}

// Text formats a node on one line, as in messages and for --set.
func Text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	flow := *n
	switch {
	case flow.Kind != yaml.ScalarNode:
		flow.Style = yaml.FlowStyle
	case strings.Contains(flow.Value, "\n"):
		flow.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&flow)
	if err != nil {
		return n.Value
	}
	return strings.TrimSpace(string(out))
}
