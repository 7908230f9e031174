package catalog

import "gopkg.in/yaml.v3"

// A Pair is a height and a width. In a spec one number stands for both; the zero Pair means
// not given.
type Pair [2]int

var pairs = form[Pair]{
	expected: "a whole number or [height, width]",
	read:     readPair,
	node: func(v Pair) *yaml.Node {
		if v == (Pair{}) {
			return nil
		}
		return v.node()
	},
	numbers: Pair.numbers,
	schema: func(f *Field) map[string]any {
		return anyOf(f.number("integer"), listOf(anyOf(f.number("integer"), parameter), 2))
	},
}

// readPair reads two integers, or one for both.
func readPair(n *yaml.Node) (Pair, bool) {
	if v, ok := whole(n); ok {
		return Pair{v, v}, true
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		return Pair{}, false
	}
	a, ok1 := whole(n.Content[0])
	b, ok2 := whole(n.Content[1])
	return Pair{a, b}, ok1 && ok2
}

func (p Pair) node() *yaml.Node {
	if p[0] == p[1] {
		return integer(p[0])
	}
	return sequence(integer(p[0]), integer(p[1]))
}

func (p Pair) numbers() []float64 { return []float64{float64(p[0]), float64(p[1])} }

// Sides holds the padding above and below, then left and right. In a spec one number stands
// for all four, and [height, width] for both sides of each.
type Sides [2]Pair

var sides = form[Sides]{
	expected: "a whole number, [height, width] or [[top, bottom], [left, right]]",
	read: func(n *yaml.Node) (Sides, bool) {
		if v, ok := readPair(n); ok {
			return Sides{{v[0], v[0]}, {v[1], v[1]}}, true
		}
		if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
			return Sides{}, false
		}
		h, ok1 := readPair(n.Content[0])
		w, ok2 := readPair(n.Content[1])
		return Sides{h, w}, ok1 && ok2
	},
	node: func(v Sides) *yaml.Node {
		h, w := v[0], v[1]
		if h[0] == h[1] && w[0] == w[1] {
			return Pair{h[0], w[0]}.node()
		}
		return sequence(sequence(integer(h[0]), integer(h[1])), sequence(integer(w[0]), integer(w[1])))
	},
	numbers: func(v Sides) []float64 { return append(v[0].numbers(), v[1].numbers()...) },
	schema: func(f *Field) map[string]any {
		side := anyOf(f.number("integer"), parameter)
		return anyOf(f.number("integer"), listOf(anyOf(f.number("integer"), parameter, listOf(side, 2)), 2))
	},
}
