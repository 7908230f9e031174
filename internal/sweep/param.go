package sweep

import (
	"errors"
	"math"
	"strconv"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A Param is one option of the spec with the values to try: one of Values, or a number
// drawn from Range.
type Param struct {
	Path   string
	Pos    spec.Pos
	Values []*yaml.Node
	Range  *Range // nil if Values are given
}

// A Range is the numbers from Min to Max, both included.
type Range struct {
	Min, Max float64
	Log      bool // uniform in the logarithm
	Integer  bool
}

// Options declares the options of a range.
func (r *Range) Options(o *catalog.Options) {
	o.Bind(&r.Min, "min", "the least value").Required()
	o.Bind(&r.Max, "max", "the greatest value").Required()
	o.Bind(&r.Log, "log", "draw evenly by factors, as learning rates want it, not by steps")
	o.Bind(&r.Integer, "integer", "draw whole numbers")
	o.Check(func() error {
		switch {
		case r.Max < r.Min:
			return errors.New(`"max" must be at least "min"`)
		case math.IsInf(r.Max-r.Min, 0):
			return errors.New("too wide a range")
		case r.Log && r.Min <= 0:
			return errors.New(`"min" must be greater than 0 where "log" is true`)
		case r.Integer && math.Ceil(r.Min) > math.Floor(r.Max):
			return errors.New("no whole number lies in it")
		}
		return nil
	})
}

func newParam(it *spec.Item, key, value *yaml.Node, problems *spec.Problems) (p Param, ok bool) {
	before := problems.Len()
	p = Param{Path: key.Value, Pos: it.At(key)}
	if _, err := spec.NewOverride(p.Path, key, p.Pos); err != nil {
		problems.Add(p.Pos, "params: %v", err)
	}
	switch value.Kind {
	case yaml.ScalarNode:
		p.Values = []*yaml.Node{value}
	case yaml.SequenceNode:
		p.Values = value.Content
		p.checkValues(it, value, problems)
	case yaml.MappingNode:
		p.Range = &Range{}
		catalog.DecodeItem(&spec.Item{Name: p.Path, Pos: it.At(value), Options: value}, problems, p.Range.Options)
	}
	return p, problems.Len() == before
}

func (p Param) checkValues(it *spec.Item, list *yaml.Node, problems *spec.Problems) {
	if len(p.Values) == 0 {
		problems.Add(it.At(list), "%s: needs a value at least", p.Path)
	}
	seen := map[string]bool{}
	for _, v := range p.Values {
		text := spec.Text(v)
		if seen[text] {
			problems.Add(it.At(v), "%s: %s is in the list already", p.Path, text)
		}
		seen[text] = true
	}
}

// draw returns the value at u, which is in [0, 1).
func (p Param) draw(u float64) *yaml.Node {
	if p.Range == nil {
		return p.Values[int(u*float64(len(p.Values)))]
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: p.Range.at(u)}
}

// at formats the number at u, with four digits unless it is whole.
func (r *Range) at(u float64) string {
	low, high := r.Min, r.Max
	if r.Integer { // each whole number has an interval of its own
		low, high = math.Ceil(low), math.Floor(high)+1
	}
	v := low + float64(u*(high-low))
	if r.Log {
		v = low * math.Pow(high/low, u)
	}
	if r.Integer {
		return strconv.FormatFloat(min(math.Floor(v), high-1), 'f', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return strconv.FormatFloat(min(max(rounded, r.Min), r.Max), 'g', -1, 64)
}
