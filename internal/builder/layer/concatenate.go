package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "concatenate",
	Keras:   "Concatenate",
	Example: "concatenate: [[conv2d: {filters: 3, kernel_size: 3, padding: same}], []]",
	Input:   []int{4, 4, 2},
	Doc:     "Puts the channels of its inputs behind each other, in the order of the paths." + mergeDoc,
	New: func(o *catalog.Options) Layer {
		l := &concatenate{axis: -1}
		o.Bind(&l.axis, "axis", "the axis along which inputs are put behind each other: the channels, -1, or 3 for maps").Min(-1).Max(3).Quiet()
		return l
	},
})

type concatenate struct{ axis int }

func (l *concatenate) Shape(in Shape) (Shape, error) { return l.MergeShape([]Shape{in, in}) }
func (l *concatenate) Weights(Shape) []Weight        { return nil }
func (l *concatenate) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return l.Merge(g, []*G.Node{x, x})
}

func (l *concatenate) MergeShape(in []Shape) (Shape, error) {
	out := slices.Clone(in[0])
	last := len(out) - 1
	if l.axis != -1 && l.axis != len(out) {
		return nil, fmt.Errorf("axis %d is not that of the channels of %v; use -1", l.axis, in[0])
	}
	for _, s := range in[1:] {
		if len(s) != len(out) || !slices.Equal(s[:last], out[:last]) {
			return nil, fmt.Errorf("its paths end in %v and %v; all but the channels must be equal, and padding: same, with strides: 1 where it is a pooling layer, keeps height and width", in[0], s)
		}
		out[last] += s[last]
	}
	return out, nil
}

func (l *concatenate) Merge(_ *Graph, x []*G.Node) *G.Node { return ops.Concatenate(x) }
