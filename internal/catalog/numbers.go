package catalog

import (
	"math"
	"strconv"
	"strings"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

var ints = form[int]{
	expected: "a whole number",
	read:     whole,
	node:     integer,
	numbers:  func(v int) []float64 { return []float64{float64(v)} },
	schema:   func(f *Field) map[string]any { return f.number("integer") },
}

// whole reads an integer that fits 32 bits. yaml.v3 itself would truncate 5.7 to 5.
func whole(n *yaml.Node) (int, bool) {
	if n.Kind != yaml.ScalarNode {
		return 0, false
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 32)
	return int(v), err == nil
}

func integer(v int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)}
}

var floats = form[float64]{
	expected: "a number",
	read:     readNumber,
	node:     numberNode,
	numbers:  func(v float64) []float64 { return []float64{v} },
	schema:   func(f *Field) map[string]any { return anyOf(f.number("number"), fraction) },
}

// readNumber reads a finite number or a fraction such as 1/255.
func readNumber(n *yaml.Node) (float64, bool) {
	num, den, isFraction := strings.Cut(n.Value, "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if err == nil && isFraction {
		var d float64
		d, err = strconv.ParseFloat(strings.TrimSpace(den), 64)
		v /= d
	}
	return v, n.Kind == yaml.ScalarNode && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

func numberNode(v float64) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: number(v)}
	if strings.ContainsAny(n.Value, ".e") {
		n.Tag = "!!float"
	}
	return n
}

// A Range is one number, or a lower and an upper one; the owner of the option decides what
// a single number means. It is empty if not given.
type Range []float64

var ranges = form[Range]{
	expected: "a number or [lower, upper]",
	read: func(n *yaml.Node) (Range, bool) {
		list, ok := readList(n, readNumber)
		return list, ok && (len(list) == 1 || len(list) == 2)
	},
	node: func(v Range) *yaml.Node {
		switch len(v) {
		case 0:
			return nil
		case 1:
			return numberNode(v[0])
		}
		return sequence(numberNode(v[0]), numberNode(v[1]))
	},
	numbers: func(v Range) []float64 { return v },
	schema: func(f *Field) map[string]any {
		bound := anyOf(f.number("number"), parameter, fraction)
		return anyOf(bound, listOf(bound, 1))
	},
}

// A Number is one of several numbers of an option: an element of a list, without a Name, or
// of a mapping.
type Number struct {
	Name  string
	Value float64
}

// Numbers is several numbers, or a word of [Field.OneOf] instead.
type Numbers struct {
	Word string
	List []Number
}

var numbers = form[Numbers]{
	expected: "a list of numbers or {name: number}",
	read:     readNumbers,
	node: func(v Numbers) *yaml.Node {
		if v.Word != "" {
			return spec.Scalar(v.Word)
		}
		if len(v.List) == 0 {
			return nil
		}
		n := sequence()
		for _, number := range v.List {
			if number.Name != "" {
				n.Kind = yaml.MappingNode
				n.Content = append(n.Content, spec.Scalar(number.Name))
			}
			n.Content = append(n.Content, numberNode(number.Value))
		}
		return n
	},
	numbers: func(v Numbers) (values []float64) {
		for _, number := range v.List {
			values = append(values, number.Value)
		}
		return values
	},
	schema: func(f *Field) map[string]any {
		one := anyOf(f.number("number"), fraction)
		list, named := map[string]any{"type": "array", "items": one}, map[string]any{"type": "object", "additionalProperties": one}
		if len(f.choices) > 0 {
			return anyOf(list, named, map[string]any{"enum": f.choices})
		}
		return anyOf(list, named)
	},
}

// readNumbers reads "[1, 2.5]", "{cat: 1, dog: 2.5}" or a word.
func readNumbers(n *yaml.Node) (v Numbers, ok bool) {
	if n.Kind == yaml.ScalarNode {
		_, isNumber := readNumber(n)
		return Numbers{Word: n.Value}, !isNumber
	}
	for i := 0; i < len(n.Content); i++ {
		var number Number
		if n.Kind == yaml.MappingNode {
			number.Name = n.Content[i].Value
			i++
		}
		if number.Value, ok = readNumber(n.Content[i]); !ok {
			return v, false
		}
		v.List = append(v.List, number)
	}
	return v, true
}
