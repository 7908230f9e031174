package catalog

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A Pair is a height and a width. In a spec one number stands for both; the
// zero Pair is one that was not given.
type Pair [2]int

// Sides is how much there is above and below, then left and right. In a spec one
// number stands for all four, and [height, width] for both sides of each.
type Sides [2]Pair

// A Range is one number or two, a lower and an upper one; what a single number
// means is for its owner to say. It is empty where none was given.
type Range []float64

// A Mapping is what its owner reads: keys and values in turn.
type Mapping []*yaml.Node

// plain is a value of one of Go's own types, a Pair, Sides, a Range or a []Number.
type plain struct{ into any }

func (p *plain) decode(f *Field, at *spec.Item, n *yaml.Node, below []spec.Override, problems *spec.Problems) {
	if len(below) > 0 {
		problems.Add(below[0].Pos(), "%s: %q has no parts such as %q; set it whole", at.Name, f.Name, below[0].Path[0])
		return
	}
	if n == nil {
		return
	}
	if err := p.set(n); err != nil {
		problems.Add(at.At(n), "%s: %q must be %v, got %s", at.Name, f.Name, err, text(n))
		return
	}
	for _, v := range p.numbers() {
		if !f.limits.hold(v) {
			problems.Add(at.At(n), "%s: %q must be %s, got %s", at.Name, f.Name, f.limits, text(n))
			return
		}
	}
	if word, ok := p.into.(*string); ok && f.choices != nil && !slices.Contains(f.choices, *word) {
		problems.Add(at.At(n), "%s: %q cannot be %q%s", at.Name, f.Name, *word, spec.Hint(*word, f.choices))
	}
}

// expected is what a value should have been.
type expected string

func (e expected) Error() string { return string(e) }

func (p *plain) set(n *yaml.Node) error {
	scalar := n.Kind == yaml.ScalarNode
	switch into := p.into.(type) {
	case *int:
		v, ok := whole(n)
		if !ok {
			return expected("a whole number")
		}
		*into = v
	case *float64:
		v, ok := parseNumber(n.Value)
		if !scalar || !ok {
			return expected("a number")
		}
		*into = v
	case *bool:
		if !scalar || n.Value != "true" && n.Value != "false" {
			return expected("true or false")
		}
		*into = n.Value == "true"
	case *string:
		if !scalar {
			return expected("text")
		}
		*into = n.Value
	case *[]string:
		list := n.Content
		if scalar {
			list = []*yaml.Node{n}
		}
		if n.Kind == yaml.MappingNode || slices.ContainsFunc(list, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode }) {
			return expected("a list of names")
		}
		*into = nil
		for _, v := range list {
			*into = append(*into, v.Value)
		}
	case *Pair:
		v, ok := pair(n)
		if !ok {
			return expected("a whole number or [height, width]")
		}
		*into = v
	case *Sides:
		if v, ok := pair(n); ok {
			*into = Sides{{v[0], v[0]}, {v[1], v[1]}}
			return nil
		}
		if n.Kind == yaml.SequenceNode && len(n.Content) == 2 {
			h, ok1 := pair(n.Content[0])
			w, ok2 := pair(n.Content[1])
			if ok1 && ok2 {
				*into = Sides{h, w}
				return nil
			}
		}
		return expected("a whole number, [height, width] or [[top, bottom], [left, right]]")
	case *Range:
		list := n.Content
		if scalar {
			list = []*yaml.Node{n}
		}
		if n.Kind == yaml.MappingNode || len(list) < 1 || len(list) > 2 {
			return expected("a number or [lower, upper]")
		}
		*into = nil
		for _, item := range list {
			v, ok := parseNumber(item.Value)
			if !ok {
				return expected("a number or [lower, upper]")
			}
			*into = append(*into, v)
		}
	case *[]Number:
		numbers, ok := readNumbers(n)
		if !ok {
			return expected("a list of numbers or {name: number}")
		}
		*into = numbers
	case *Mapping:
		if n.Kind != yaml.MappingNode {
			return expected("a mapping")
		}
		*into = n.Content
	default:
		panic(fmt.Sprintf("catalog: cannot bind a %T", into))
	}
	return nil
}

// pair reads two integers, or one for both.
func pair(n *yaml.Node) (Pair, bool) {
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

// whole reads an integer that fits 32 bits. yaml.v3 itself would cut 5.7 down to 5.
func whole(n *yaml.Node) (int, bool) {
	if n.Kind != yaml.ScalarNode {
		return 0, false
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 32)
	return int(v), err == nil
}

// parseNumber reads a finite number or a fraction such as 1/255.
func parseNumber(s string) (float64, bool) {
	num, den, fraction := strings.Cut(s, "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if err == nil && fraction {
		var d float64
		d, err = strconv.ParseFloat(strings.TrimSpace(den), 64)
		v /= d
	}
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// numbers returns what limits apply to.
func (p *plain) numbers() []float64 {
	switch into := p.into.(type) {
	case *int:
		return []float64{float64(*into)}
	case *float64:
		return []float64{*into}
	case *Pair:
		return []float64{float64(into[0]), float64(into[1])}
	case *Sides:
		return []float64{float64(into[0][0]), float64(into[0][1]), float64(into[1][0]), float64(into[1][1])}
	case *Range:
		return *into
	case *[]Number:
		var list []float64
		for _, n := range *into {
			list = append(list, n.Value)
		}
		return list
	}
	return nil
}

func (p *plain) encode() *yaml.Node {
	raw := func(tag, v string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v} }
	switch into := p.into.(type) {
	case *int:
		return integer(*into)
	case *float64:
		return numberNode(*into)
	case *bool:
		return raw("!!bool", strconv.FormatBool(*into))
	case *string:
		if *into == "" {
			return nil
		}
		return spec.Scalar(*into)
	case *[]string:
		n := sequence()
		for _, v := range *into {
			n.Content = append(n.Content, spec.Scalar(v))
		}
		return n
	case *[]Number:
		return numbersNode(*into)
	case *Mapping:
		if *into == nil {
			return nil
		}
		return &yaml.Node{Kind: yaml.MappingNode, Content: *into}
	case *Range:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, v := range *into {
			n.Content = append(n.Content, numberNode(v))
		}
		switch len(*into) {
		case 0:
			return nil
		case 1:
			return n.Content[0]
		}
		return n
	case *Pair:
		if *into == (Pair{}) {
			return nil
		}
		return into.node()
	case *Sides:
		h, w := into[0], into[1]
		if h[0] == h[1] && w[0] == w[1] {
			return Pair{h[0], w[0]}.node()
		}
		return sequence(sequence(integer(h[0]), integer(h[1])), sequence(integer(w[0]), integer(w[1])))
	}
	panic(fmt.Sprintf("catalog: cannot write a %T", p.into))
}

func (p Pair) node() *yaml.Node {
	if p[0] == p[1] {
		return integer(p[0])
	}
	return sequence(integer(p[0]), integer(p[1]))
}

func integer(v int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)}
}

func sequence(nodes ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: nodes}
}

func numberNode(v float64) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: number(v)}
	if strings.ContainsAny(n.Value, ".e") {
		n.Tag = "!!float"
	}
	return n
}

// text writes a node on one line, as in a message.
func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return spec.Text(n)
}
