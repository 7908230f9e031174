package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// A Merger is a layer that takes several inputs, the ends of the paths below it in a spec.
type Merger interface {
	// MergeShape is Shape for the shapes of all inputs.
	MergeShape(in []Shape) (Shape, error)
	// Merge is Build for all inputs. Mergers have no weights.
	Merge(g *Graph, x []*G.Node) *G.Node
}

// addMerger registers a layer that combines its inputs element by element.
func addMerger(name, keras, example, doc string, m merger) catalog.Entry[Layer] {
	return Layers.Add(catalog.Entry[Layer]{
		Name: name, Keras: keras, Example: example, Input: []int{4, 4, 2}, Doc: doc + mergeDoc,
		New: func(*catalog.Options) Layer { return &m },
	})
}

const mergeDoc = `

Each path is a list of layers and starts with the input of this layer; ` + "`[]`" + ` is the input
itself, and a path that begins with ` + "`from: NAME`" + ` starts with the output of the layer of that
name, or of the images: ` + "`from: input`" + `. With more options, the list is below ` + "`paths`" + `.`

// merger is a layer that combines inputs element by element.
type merger struct {
	combine    func(x []*G.Node) *G.Node
	most       int  // maximum number of inputs; 0: any
	broadcasts bool // inputs of one value per channel are broadcast to maps
}

func (l *merger) Shape(in Shape) (Shape, error) { return l.MergeShape([]Shape{in, in}) }
func (l *merger) Weights(Shape) []Weight        { return nil }
func (l *merger) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return l.Merge(g, []*G.Node{x, x})
}

func (l *merger) MergeShape(in []Shape) (Shape, error) {
	if l.most > 0 && len(in) > l.most {
		return nil, fmt.Errorf("takes %d paths, not %d", l.most, len(in))
	}
	out := in[0]
	for i, s := range in {
		switch {
		case slices.Equal(out, s):
		case l.broadcasts && i > 0 && perChannel(s, out):
		case l.broadcasts && perChannel(out, s):
			out = s
		default:
			return nil, fmt.Errorf("its paths end in different shapes, %v and %v; %s", in[0], s, l.remedy(in[0], s))
		}
	}
	return out, nil
}

// remedy says how paths that end in a and b get the same shape.
func (l *merger) remedy(a, b Shape) string {
	if len(a) == len(b) {
		return "padding: same, with strides: 1 where it is a pooling layer, keeps height and width, and a convolution of 1x1 changes the channels"
	}
	if l.broadcasts && min(len(a), len(b)) == 1 { // squeeze and excitation, as Keras's examples write it
		return "for one value per channel, end that path in 1x1 and the channels: global_average_pooling2d with keepdims: true, and conv2d with kernel_size: 1 for dense"
	}
	return "flatten or global_average_pooling2d makes a map flat"
}

// perChannel reports whether s is [1 1 C] and maps is [H W C].
func perChannel(s, maps Shape) bool {
	return len(s) == 3 && len(maps) == 3 && s[0] == 1 && s[1] == 1 && s[2] == maps[2]
}

func (l *merger) Merge(_ *Graph, x []*G.Node) *G.Node { return l.combine(x) }
