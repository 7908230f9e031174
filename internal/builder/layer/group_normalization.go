package layer

import (
	"errors"
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "group_normalization",
	Keras:   "GroupNormalization",
	Example: "group_normalization: {groups: 2}",
	Input:   []int{3, 2, 4},
	Doc: `Normalizes groups of channels of each example to mean 0 and variance 1, then scales them by gamma and adds beta, which are learned.

Mean and variance are those of a group over height and width (Wu and He 2018). Training and
inference are the same, for any batch size. With ` + "`groups: -1`" + ` each channel is a group
(instance normalization), with ` + "`groups: 1`" + ` all of an example.`,
	New: func(o *catalog.Options) Layer {
		l := &groupNormalization{groups: 32, epsilon: 0.001}
		o.Bind(&l.groups, "groups", "number of groups; -1 for as many as channels").Min(-1)
		o.Bind(&l.epsilon, "epsilon", "added to the variance to avoid division by zero").Min(0)
		l.gammaBeta.options(o)
		o.Check(func() error {
			if l.groups == 0 {
				return errors.New("groups must be a number of groups, or -1 for as many as channels")
			}
			return nil
		})
		return l
	},
})

type groupNormalization struct {
	gammaBeta
	groups  int
	epsilon float64
}

// of returns the number of groups for a number of channels.
func (l *groupNormalization) of(channels int) int {
	if l.groups < 0 {
		return channels
	}
	return l.groups
}

func (l *groupNormalization) Shape(in Shape) (Shape, error) {
	if channels := in[len(in)-1]; channels%l.of(channels) != 0 {
		return nil, fmt.Errorf("%d channels cannot be divided into %d groups", channels, l.groups)
	}
	return in, nil
}

func (l *groupNormalization) Weights(in Shape) []Weight { return l.weights(in[len(in)-1:]) }

func (l *groupNormalization) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	gamma, beta := l.nodes(w)
	return ops.GroupNorm(x, gamma, beta, l.of(x.Shape()[x.Dims()-1]), l.epsilon)
}
