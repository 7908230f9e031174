package spec

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// merging lists the layers with several inputs, the outputs of their paths.
var merging = []string{"add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"}

// Merging returns the names of the layers that have paths.
func Merging() []string { return slices.Clone(merging) }

// Merges reports whether a layer called name has paths.
func Merges(name string) bool { return slices.Contains(merging, name) }

// residual: [...] is add: [[...], []].
const residual = "residual"

// Images denotes the images in Item.Inputs, ImagesName in from.
const (
	Images     = -1
	ImagesName = "input"
)

// nowhere is the input of a layer whose path starts from a layer that does not exist.
const nowhere = -2

// maxDepth limits the nesting of paths.
const maxDepth = 100

// A Path is a list of layers whose output is an input of a merging layer.
type Path struct {
	From    string // name of the layer whose output it starts with; empty: the input of the merging layer
	FromPos Pos
	Layers  []*Item

	target *Item // that From names; nil for the images
}

// names holds the names of layers in a block, or outside of all blocks.
type names struct {
	block bool
	index map[string]int // in Spec.Layers, of layers that have been connected
}

// merge reads a merging layer: NAME: [PATH, …], or NAME: {paths: [PATH, …], name: …}.
func (r *reader) merge(key, value *yaml.Node, in scope, calls []string) []*Item {
	if r.depth >= maxDepth {
		r.problems.Add(r.at(key), "paths within paths, over %d deep", maxDepth)
		return nil
	}
	it := &Item{Name: key.Value, Pos: r.at(key), names: r.names}
	value, trains := without(value, trainable)
	list := value
	if value != nil && value.Kind == yaml.MappingNode {
		list = nil
		options := *value
		options.Content = nil
		listKey := "paths"
		if it.Name == residual {
			listKey = "layers"
		}
		for i := 0; i < len(value.Content); i += 2 {
			if value.Content[i].Value == listKey {
				list = value.Content[i+1]
			} else {
				options.Content = append(options.Content, value.Content[i], r.substitute(value.Content[i+1], in))
			}
		}
		if len(options.Content) > 0 {
			it.Options = &options
		}
	}
	r.depth++
	defer func() { r.depth-- }()
	if it.Name == residual {
		it.Name = "add"
		if isNull(list) || list.Kind != yaml.SequenceNode {
			r.problems.Add(r.at(key), "residual: must be a list of layers, whose output is added to its input")
			return nil
		}
		r.made++
		before := r.problems.Len()
		r.within(trains, in, func() { it.Paths = []Path{r.path(list, in, calls), {}} })
		if len(it.Paths[0].Layers) == 0 && r.problems.Len() == before {
			r.problems.Add(r.at(key), "residual: the list of layers is empty")
		}
		return []*Item{it}
	}
	if isNull(list) || list.Kind != yaml.SequenceNode || len(list.Content) < 2 {
		r.problems.Add(r.at(key), "%s: needs at least two paths, each a list of layers: %s: [[conv2d: {filters: 8, kernel_size: 3, padding: same}], []]; [] is the input itself", it.Name, it.Name)
		return nil
	}
	r.made++
	r.within(trains, in, func() {
		for _, n := range list.Content {
			if n.Kind != yaml.SequenceNode {
				r.problems.Add(r.place(n, list), "%s: each path is a list of layers; [] is the input itself, and [from: NAME] the output of an earlier layer", it.Name)
				continue
			}
			it.Paths = append(it.Paths, r.path(n, in, calls))
		}
	})
	return []*Item{it}
}

// path reads one path. It may begin with from: NAME and trainable: false, each an entry.
func (r *reader) path(list *yaml.Node, in scope, calls []string) (p Path) {
	var trains *yaml.Node
	rest := *list
	for ; len(rest.Content) > 0; rest.Content = rest.Content[1:] {
		first := rest.Content[0]
		if first.Kind != yaml.MappingNode || len(first.Content) != 2 {
			break
		}
		if n := find(first, trainable); n != nil && trains == nil {
			trains = n
			continue
		}
		from := find(first, "from")
		if from == nil || p.From != "" {
			break
		}
		name := r.substitute(from, in)
		p.FromPos = r.place(name, list)
		if name.Kind != yaml.ScalarNode || isNull(name) {
			r.problems.Add(p.FromPos, "from: must be the name of a layer before this one")
		}
		p.From = name.Value
	}
	r.within(trains, in, func() { p.Layers = r.expand(&rest, in, calls) })
	return p
}

// connect appends items to Layers, those of paths before their merging layer, and resolves their
// inputs. The first one reads the layer at index from. It returns the index of the last one.
func (r *reader) connect(items []*Item, from int) int {
	for _, it := range items {
		if it.Paths == nil {
			it.Inputs = []int{from}
		}
		for i := range it.Paths {
			p := &it.Paths[i]
			start := from
			if p.From != "" {
				start = r.start(it, p)
			}
			it.Inputs = append(it.Inputs, r.connect(p.Layers, start))
		}
		for i, in := range it.Inputs {
			if in == nowhere {
				it.Inputs[i], it.Lost = Images, true
			}
		}
		from = len(r.Layers)
		r.Layers = append(r.Layers, it)
		if name := find(it.Options, "name"); name != nil && name.Kind == yaml.ScalarNode {
			if it.names.index == nil {
				it.names.index = map[string]int{}
			}
			it.names.index[name.Value] = from
		}
	}
	return from
}

// checkRead rejects layers whose outputs no layer reads, because all paths after them start
// elsewhere.
func (r *reader) checkRead() {
	read := make([]bool, len(r.Layers))
	for _, it := range r.Layers {
		for _, i := range it.Inputs {
			if i != Images {
				read[i] = true
			}
		}
	}
	for i, it := range r.Layers {
		if !read[i] && i < len(r.Layers)-1 {
			r.problems.Add(it.Pos, "%s: no layer reads its output, because the paths after it start elsewhere; remove the layer, or begin a path without from", it.Label)
		}
	}
}

// start returns the index of the layer whose output is the input of path p of it, nowhere if
// there is none.
func (r *reader) start(it *Item, p *Path) int {
	if at, ok := it.names.index[p.From]; ok {
		p.target = r.Layers[at]
		return at
	}
	if p.From == ImagesName {
		r.images = append(r.images, p.FromPos)
		return Images
	}
	var known []string
	for name := range it.names.index {
		known = append(known, name)
	}
	slices.Sort(known)
	where := ""
	if it.names.block {
		where = " in this block"
	}
	r.problems.Add(p.FromPos, "from: no layer before it%s has the option name: %s%s", where, p.From, Hint(p.From, known))
	return nowhere
}

// FromLabel is From in the resolved spec, which has no blocks with local names.
func (p *Path) FromLabel() string {
	if p.target == nil {
		return p.From
	}
	return p.target.Label
}

// mergeNode is Node for a merging layer.
func (it *Item) mergeNode() *yaml.Node {
	paths := &yaml.Node{Kind: yaml.SequenceNode}
	for _, p := range it.Paths {
		path := &yaml.Node{Kind: yaml.SequenceNode}
		if p.From != "" {
			path.Content = append(path.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{Scalar("from"), Scalar(p.FromLabel())}})
		}
		for _, l := range p.Layers {
			path.Content = append(path.Content, l.Node())
		}
		if len(path.Content) == 0 {
			path.Style = yaml.FlowStyle
		}
		paths.Content = append(paths.Content, path)
	}
	value := paths
	if it.Resolved != nil && len(it.Resolved.Content) > 0 {
		options := it.options()
		options.Style = 0
		options.Content = append([]*yaml.Node{Scalar("paths"), paths}, options.Content...)
		value = options
	}
	return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{Scalar(it.Name), value}}
}
