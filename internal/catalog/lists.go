package catalog

import "gopkg.in/yaml.v3"

// An Optional is one number, or empty if none was given.
type Optional []float64

var optionals = form[Optional]{
	expected: "a number",
	read: func(n *yaml.Node) (Optional, bool) {
		v, ok := readNumber(n)
		return Optional{v}, ok
	},
	node: func(v Optional) *yaml.Node {
		if len(v) == 0 {
			return nil
		}
		return numberNode(v[0])
	},
	numbers: func(v Optional) []float64 { return v },
	schema:  func(f *Field) map[string]any { return anyOf(f.number("number"), fraction) },
}

// Ints is a list of integers, such as axes or a shape; in a spec one integer is a list of
// one.
type Ints []int

var integers = form[Ints]{
	expected: "a whole number or a list of whole numbers",
	read: func(n *yaml.Node) (Ints, bool) {
		list, ok := readList(n, whole)
		return list, ok && len(list) > 0
	},
	node: func(v Ints) *yaml.Node { return listNode(v, integer) },
	numbers: func(v Ints) (values []float64) {
		for _, i := range v {
			values = append(values, float64(i))
		}
		return values
	},
	schema: func(f *Field) map[string]any { return listSchema(f.number("integer")) },
}

// Floats is a list of numbers, such as one per channel; in a spec one number is a list of
// one. It is empty if none was given.
type Floats []float64

var floatLists = form[Floats]{
	expected: "a number or a list of numbers",
	read: func(n *yaml.Node) (Floats, bool) {
		list, ok := readList(n, readNumber)
		return list, ok && len(list) > 0
	},
	node:    func(v Floats) *yaml.Node { return listNode(v, numberNode) },
	numbers: func(v Floats) []float64 { return v },
	schema:  func(f *Field) map[string]any { return listSchema(anyOf(f.number("number"), fraction)) },
}

func listNode[T any](list []T, one func(T) *yaml.Node) *yaml.Node {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return one(list[0])
	}
	n := sequence()
	for _, v := range list {
		n.Content = append(n.Content, one(v))
	}
	return n
}

func listSchema(one map[string]any) map[string]any {
	return anyOf(one, map[string]any{"type": "array", "items": anyOf(one, parameter), "minItems": 1})
}
