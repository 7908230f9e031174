package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// An Override sets one option from outside the spec, from the command line or a sweep.
type Override struct {
	Path  []string // the dotted path below the item
	Value *yaml.Node
	Flag  string // as the user typed it, for messages: "--set train.epochs=3"

	at Pos // set if the override comes from a file
}

// Pos is the position of the override: the flag itself, or a place in a file.
func (o Override) Pos() Pos {
	if o.at.Line > 0 {
		return o.at
	}
	return Pos{File: o.Flag}
}

// Below returns the override with the first step of its path removed.
func (o Override) Below() Override {
	o.Path = o.Path[1:]
	return o
}

// ParseOverride reads KEY=VALUE, where KEY is a dotted path and VALUE is YAML:
// train.epochs=3, train.optimizer.learning_rate=0.01, layers.dense_1.units=64.
func ParseOverride(text string) (Override, error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return Override{}, fmt.Errorf("--set %s: must be KEY=VALUE, such as train.epochs=3", text)
	}
	flag := oneLine("--set " + text)
	path, err := splitPath(strings.TrimSpace(key))
	if err != nil {
		return Override{}, fmt.Errorf("%s: %w", flag, err)
	}
	var problems Problems
	n := null(&yaml.Node{})
	if strings.TrimSpace(value) != "" {
		if n = parse(flag, []byte(value), &problems); problems.Len() > 0 {
			return Override{}, fmt.Errorf("%s: %s", flag, problems.list[0].Message)
		}
	}
	forgetPlace(n)
	return Override{Path: path, Value: n, Flag: flag}, nil
}

// NewOverride returns the override of a dotted path; both path and value come from a file.
func NewOverride(path string, value *yaml.Node, at Pos) (Override, error) {
	keys, err := splitPath(path)
	n := copyNode(value)
	forgetPlace(n)
	return Override{Path: keys, Value: n, at: at}, err
}

func splitPath(key string) ([]string, error) {
	path := strings.Split(key, ".")
	if slices.Contains(path, "") {
		return nil, fmt.Errorf("%q is not a dotted path such as train.epochs", key)
	}
	return path, nil
}

func copyNode(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	for _, c := range n.Content {
		out.Content = append(out.Content, copyNode(c))
	}
	return &out
}

// TextOverride returns the override for a dedicated flag, whose value is plain text and not
// YAML: --dataset "./cats #1".
func TextOverride(key, value, flag string) Override {
	return Override{Path: strings.Split(key, "."), Value: Scalar(value), Flag: oneLine(flag + " " + value)}
}

// forgetPlace clears positions below n, so that errors name the flag rather than a line of
// its value.
func forgetPlace(n *yaml.Node) {
	n.Line, n.Column = 0, 0
	for _, c := range n.Content {
		forgetPlace(c)
	}
}

// overrideScalars applies the overrides of whole top-level values and returns the rest.
func (r *reader) overrideScalars(values map[string]*yaml.Node) (rest []Override) {
	for _, o := range r.overrides {
		switch key := o.Path[0]; {
		case key == "name" || key == "description" || key == "input":
			if len(o.Path) > 1 {
				r.problems.Add(o.Pos(), "%s has no parts; set it whole", key)
				continue
			}
			values[key], r.flags[o.Value] = o.Value, o.Pos()
			for _, part := range o.Value.Content {
				r.flags[part] = o.Pos()
			}
		case key == "layers" || key == "data" || key == "weights" || key == "train":
			rest = append(rest, o)
		default:
			r.problems.Add(o.Pos(), "unknown path %q%s", strings.Join(o.Path, "."),
				r.problems.HintPath(key, []string{"name", "description", "input", "data", "layers", "weights", "train"}))
		}
	}
	return rest
}

// attach adds overrides to the items that they name.
func (r *reader) attach(overrides []Override) {
	for _, o := range overrides {
		path := strings.Join(o.Path, ".")
		switch o.Path[0] {
		case "data", "weights", "train":
			if len(o.Path) < 2 {
				r.problems.Add(o.Pos(), "name an option, such as %s", map[string]string{"data": "data.dataset", "weights": "weights.file", "train": "train.epochs"}[path])
				continue
			}
			s := map[string]*Section{"data": r.Data, "weights": r.Weights, "train": r.Train}[o.Path[0]]
			s.Overrides = append(s.Overrides, o.Below())
		case "layers":
			if len(o.Path) < 3 {
				r.problems.Add(o.Pos(), "name a layer and an option, such as layers.dense_1.units")
				continue
			}
			switch it := r.layer(o.Path[1]); {
			case it == nil:
				r.problems.Add(o.Pos(), "no layer %q%s", o.Path[1], Hint(o.Path[1], r.labels()))
			case o.Path[len(o.Path)-1] == "name":
				r.problems.Add(o.Pos(), "a layer is named in the spec alone, since --set and checkpoints go by the name")
			case it.Paths != nil && o.Path[2] == trainable && len(o.Path) == 3:
				it.overrideTrainable(o.Below().Below())
			default:
				it.Overrides = append(it.Overrides, o.Below().Below())
			}
		}
	}
}

// layer finds a layer by its label or by its index from 0 after expansion of blocks, layers
// in paths not counted.
func (r *reader) layer(key string) *Item {
	for _, it := range r.Layers {
		if it.Label == key {
			return it
		}
	}
	if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(r.Top) {
		return r.Top[i]
	}
	return nil
}

func (r *reader) labels() (labels []string) {
	for _, it := range r.Layers {
		labels = append(labels, it.Label)
	}
	return labels
}
