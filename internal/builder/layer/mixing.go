package layer

import (
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// A Mixer is an augmentation that mixes each image with the next one of the global batch, the
// last with the first. Batches are shuffled, so this is a random partner, and a model with a
// share of the batch needs only one image more.
type Mixer interface {
	Layer
	// Own sets parts to the fraction of each image [H,W,C] that stays its own in the current
	// step.
	Own(g *Graph, in Shape, parts []float32)
}

// DrawsByValue reports whether l draws a number for each value of a batch, in one sequence that
// cannot go around the end of the global batch.
func DrawsByValue(l Layer) bool {
	_, elements := As[*dropout](l)
	_, channels := As[*spatialDropout2D](l)
	return elements || channels
}

// mixing is the common part of mixers. draw returns the patch of image n that is mixed, and the
// fraction of it that is the image's own, from random numbers of r.
type mixing struct {
	augmentation
	draw func(r random.Stream, n, height, width int) (b box, own float64)
}

func (l *mixing) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	height, width := x.Shape()[1], x.Shape()[2]
	return ops.MixNext().Apply(x, func(a []float32) {
		r := g.Random()
		for n := range len(a) / 5 {
			b, own := l.draw(r, g.position(n), height, width)
			copy(a[5*n:], []float32{b.top, b.bottom, b.left, b.right, float32(own)})
		}
	})
}

func (l *mixing) Own(g *Graph, in Shape, parts []float32) {
	r := g.Random()
	for n := range parts {
		b, own := l.draw(r, g.position(n), in[0], in[1])
		area := float64(b.bottom-b.top) * float64(b.right-b.left) / float64(in[0]*in[1])
		parts[n] = float32(1 - float64(area*(1-own)))
	}
}
