package interop

import (
	"slices"

	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A tree converts the layers of a graph to nested paths of merging layers. Where they do not
// nest, a path starts with from: NAME.
type tree struct {
	layers  []*spec.Item
	before  []int // immediate dominator of each layer
	depth   []int // depth of before in the dominator tree
	written []bool
	order   []int // order of the layers in the tree
}

// newTree prepares the layers, which must be in topological order.
func newTree(layers []*spec.Item) *tree {
	t := &tree{layers, make([]int, len(layers)), make([]int, len(layers)), make([]bool, len(layers)), nil}
	depthOf := func(i int) int {
		if i == spec.Images {
			return 0
		}
		return t.depth[i]
	}
	for i, it := range layers {
		common := it.Inputs[0]
		for _, in := range it.Inputs[1:] {
			for a, b := &common, in; *a != b; {
				if depthOf(*a) >= depthOf(b) && *a != spec.Images {
					*a = t.before[*a]
				} else {
					b = t.before[b]
				}
			}
		}
		t.before[i], t.depth[i] = common, depthOf(common)+1
	}
	return t
}

// list returns the layers after start up to end, and the layer whose output they read if that
// is not start.
func (t *tree) list(start, end int) (items []*spec.Item, from int) {
	var way []int
	for at := end; at != start; at = t.before[at] {
		if from = at; t.written[at] {
			break
		}
		way, from = append(way, at), start
	}
	if end == start {
		from = start
	}
	at := from
	slices.Reverse(way)
	for _, next := range way {
		it := t.layers[next]
		node := &spec.Item{Name: it.Name, Label: it.Label, Resolved: it.Options}
		if len(it.Inputs) > 1 {
			for _, in := range it.Inputs {
				var path spec.Path
				var begin int
				if path.Layers, begin = t.list(at, in); begin != at {
					path.From = t.name(begin)
				}
				node.Paths = append(node.Paths, path)
			}
		}
		t.written[next] = true
		t.order = append(t.order, next)
		items, at = append(items, node), next
	}
	return items, from
}

// name returns the name of a layer that a path starts from, and gives it one in the spec.
func (t *tree) name(i int) string {
	it := t.layers[i]
	for k := 0; k+1 < len(it.Options.Content); k += 2 {
		if it.Options.Content[k].Value == "name" {
			return it.Label
		}
	}
	it.Options.Content = append(it.Options.Content, spec.Scalar("name"), spec.Scalar(it.Label))
	return it.Label
}

// arrange sorts the layers and their origins into the order of the tree.
func (k *KerasSpec) arrange() {
	if len(k.Layers) == 0 {
		return
	}
	t := newTree(k.Layers)
	t.list(spec.Images, len(k.Layers)-1)
	layers, origins := k.Layers, k.origins
	k.Layers, k.origins = nil, nil
	for _, i := range t.order {
		k.Layers, k.origins = append(k.Layers, layers[i]), append(k.origins, origins[i])
	}
	for _, it := range k.Layers {
		it.Inputs = moved(it.Inputs, t.order)
	}
}

// nodes returns the layers as in a document.
func (k *KerasSpec) nodes() *yaml.Node {
	layers := &yaml.Node{Kind: yaml.SequenceNode}
	if len(k.Layers) == 0 {
		return layers
	}
	items, _ := newTree(k.Layers).list(spec.Images, len(k.Layers)-1)
	for _, it := range items {
		layers.Content = append(layers.Content, it.Node())
	}
	return layers
}
