package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxLayers limits the number of layers after expansion of repeats and blocks; maxEntries
// limits the entries visited, because blocks of empty blocks expand without adding a layer; maxValues
// limits the values in options, because those of a parameter double wherever it stands twice.
const (
	maxLayers  = 10_000
	maxEntries = 10 * maxLayers
	maxValues  = 100 * maxLayers
)

// A scope holds the parameters that $name may refer to; nil outside a block.
type scope map[string]*yaml.Node

func (r *reader) layers(n, root *yaml.Node) {
	if n == nil {
		r.problems.Add(r.at(root), `missing "layers": the list of layers`)
		return
	}
	r.names = &names{}
	r.Top = r.expand(n, nil, nil)
	if r.made == 0 && r.problems.Len() == 0 {
		r.problems.Add(r.at(n), "layers: the list is empty")
	}
	before := r.problems.Len()
	r.connect(r.Top, Images)
	r.label()
	if r.problems.Len() == before {
		r.checkRead()
	}
}

// expand returns the layers of a list, with blocks and repeats expanded. Calls lists the
// names of the blocks being expanded.
func (r *reader) expand(list *yaml.Node, in scope, calls []string) (items []*Item) {
	if list.Kind != yaml.SequenceNode {
		r.problems.Add(r.at(list), "layers: must be a list, a line for each layer starting with '-'")
		return nil
	}
	for _, n := range list.Content {
		if r.full(n) {
			return items
		}
		switch key, value := r.entry(n); {
		case key == nil:
		case key.Value == "repeat":
			items = append(items, r.repeat(n, in, calls)...)
		case r.blocks[key.Value] != nil:
			items = append(items, r.call(r.blocks[key.Value], key, value, in, calls)...)
		case key.Value == trainable:
			r.problems.Add(r.at(key), "trainable: an option of a layer, a block, a repeat or a merging layer, or the first entry of a path")
		case key.Value == "from":
			r.problems.Add(r.at(key), "from: only the first entry of a path can say where it starts")
		case Merges(key.Value) || key.Value == residual:
			items = append(items, r.merge(key, value, in, calls)...)
		default:
			it := &Item{Name: key.Value, Pos: r.at(key), names: r.names}
			if !isNull(value) {
				it.Options = r.substitute(value, in)
			}
			r.inherit(it)
			r.made++
			items = append(items, it)
		}
	}
	return items
}

// full reports whether the list of layers is too long to continue, and records that problem
// once.
func (r *reader) full(n *yaml.Node) bool {
	r.entries++
	if r.made < maxLayers && r.entries < maxEntries && r.values < maxValues {
		return false
	}
	if !r.tooLong {
		r.tooLong = true
		r.problems.Add(r.at(n), "over %d layers once repeats and blocks are written out", maxLayers)
	}
	return true
}

// count adds the values in n, which stands at another node, and reports whether they are not too many by
// now. It records that problem once.
func (r *reader) count(n, at *yaml.Node) bool {
	if r.values++; r.values > maxValues {
		if !r.tooLong {
			r.tooLong = true
			r.problems.Add(r.at(at), "over %d values once repeats and blocks are written out", maxValues)
		}
		return false
	}
	return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !r.count(c, at) })
}

// entry splits one entry of a list of layers into name and options. If the entry does not
// have that form, the name is nil and a problem is recorded.
func (r *reader) entry(n *yaml.Node) (key, value *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "$"):
		r.problems.Add(r.at(n), "a layer's name cannot be a parameter (%s)", n.Value)
	case n.Kind == yaml.ScalarNode && !isNull(n):
		return n, nil
	case n.Kind != yaml.MappingNode || len(n.Content) == 0:
		r.problems.Add(r.at(n), "a layer is its name (flatten), its name with its main option (dropout: 0.3), or its name with options (conv2d: {filters: 6})")
	case find(n, "repeat") != nil:
		return &yaml.Node{Value: "repeat"}, nil
	case len(n.Content) > 2:
		r.problems.Add(r.at(n.Content[2]), "%q stands beside %q; options belong below the layer's name, indented or in braces", n.Content[2].Value, n.Content[0].Value)
	default:
		return n.Content[0], n.Content[1]
	}
	return nil, nil
}

// repeatKeys is the keys of a repeat.
var repeatKeys = []string{"repeat", "layers", trainable}

// repeat expands {repeat: N, layers: […]}.
func (r *reader) repeat(n *yaml.Node, in scope, calls []string) (items []*Item) {
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(repeatKeys, k.Value) {
			r.problems.Add(r.at(k), "repeat: unknown option %q%s", k.Value, Hint(k.Value, repeatKeys))
			return nil
		}
	}
	list := find(n, "layers")
	if isNull(list) {
		r.problems.Add(r.at(n), `repeat: missing "layers", the list to repeat`)
		return nil
	}
	count := r.substitute(find(n, "repeat"), in)
	var times int
	if count.Kind != yaml.ScalarNode || count.ShortTag() != "!!int" || count.Decode(&times) != nil || times < 1 {
		if !strings.HasPrefix(count.Value, "$") { // substitute has reported it
			r.problems.Add(r.place(count, n), "repeat: must be a whole number of at least 1, got %q", count.Value)
		}
		return nil
	}
	r.within(find(n, trainable), in, func() {
		for range times {
			before := r.problems.Len()
			size := r.made
			items = append(items, r.expand(list, in, calls)...)
			if r.problems.Len() > before || r.made == size {
				return // further copies would only repeat the messages
			}
		}
	})
	return items
}

// layerName matches the names that a layer can have in summaries, weights ("conv2d/kernel")
// and --set.
var layerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// label names each layer as Keras does: conv2d, conv2d_1, … unless it has a name option. A
// name option in a block is the block's own, so it is numbered for each use of the block.
func (r *reader) label() {
	count, taken := map[string]int{}, map[string]Pos{}
	for _, it := range r.Layers {
		given := find(it.Options, "name")
		if given != nil && given.Kind == yaml.ScalarNode && !isNull(given) {
			it.Label = given.Value
			if _, ok := taken[it.Label]; ok && it.names.block {
				it.Label = numbered(given.Value, count, taken)
			}
			if !layerName.MatchString(it.Label) {
				r.problems.Add(it.At(given), "%s: a layer's name must be letters, digits, '-' and '_', got %q", it.Name, it.Label)
			}
			if at, ok := taken[it.Label]; ok {
				r.problems.Add(it.At(given), "%s: another layer is named %q already (%s)", it.Name, it.Label, at)
			}
		} else {
			it.Label = numbered(it.Name, count, taken)
		}
		taken[it.Label] = it.Pos
	}
	if at, ok := taken[ImagesName]; ok && len(r.images) > 0 {
		r.problems.Add(r.images[0], "from: %s could be the images or the layer of that name (%s); rename the layer", ImagesName, at)
	}
}

// numbered returns name, or the first of name_1, name_2, … that is not taken.
func numbered(name string, count map[string]int, taken map[string]Pos) string {
	for {
		label := name
		if k := count[name]; k > 0 {
			label = fmt.Sprintf("%s_%d", name, k)
		}
		count[name]++
		if _, ok := taken[label]; !ok {
			return label
		}
	}
}

// place is the position of n, or of its parent if n came from a flag.
func (r *reader) place(n, parent *yaml.Node) Pos {
	if n.Line == 0 {
		return r.at(parent)
	}
	return r.at(n)
}

// find returns the value of a key of a mapping, or nil.
func find(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
