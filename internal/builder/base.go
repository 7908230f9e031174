package builder

import (
	"fmt"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/spec"
)

// A base is the layers of a plan that compute the same of an image whenever they get it: they
// neither train nor draw random numbers in training, nor do those before them. Its outputs can be
// computed once; the other layers are the rest.
type base struct {
	in      []bool // by layer: whether it belongs to the base
	outputs []int  // what the rest reads of it: indices of layers, spec.Images for the images
	size    int    // values of all outputs of one image
	layers  int    // number of its layers
}

// base returns the base of p, nil if it would have no frozen weights: layers without weights alone
// are as fast as a look-up. The layers before first are those of the front if images are augmented
// in a fixed number of ways, else first is 0.
func (p *Plan) base() *base {
	b := &base{in: make([]bool, len(p.Layers))}
	first := 0
	if p.copies > 0 {
		first = p.fronts()
	}
	frozen := false
	for i := range p.Layers {
		l := &p.Layers[i]
		trainable, _ := l.Params()
		b.in[i] = i < first || trainable == 0 && layer.IsSteady(l.Layer)
		for _, in := range l.Inputs {
			b.in[i] = b.in[i] && (in == spec.Images || b.in[in])
		}
		frozen = frozen || b.in[i] && l.IsFrozen()
	}
	if last := len(p.Layers) - 1; !frozen || b.in[last] {
		return nil
	}
	b.cut(p)
	// A last layer without weights that makes more values than it gets, such as padding, belongs
	// to the rest.
	for i := len(p.Layers) - 1; i >= first; i-- {
		if !b.in[i] || len(p.Layers[i].Own) > 0 || !b.isLast(p, i) {
			continue
		}
		size := b.size
		b.in[i] = false
		if b.cut(p); b.size >= size {
			b.in[i] = true
			b.cut(p)
		}
	}
	return b
}

// isLast reports whether no other layer of the base reads layer i.
func (b *base) isLast(p *Plan, i int) bool {
	for k, l := range p.Layers {
		for _, in := range l.Inputs {
			if in == i && b.in[k] {
				return false
			}
		}
	}
	return true
}

// cut finds the outputs.
func (b *base) cut(p *Plan) {
	b.outputs, b.size, b.layers = nil, 0, 0
	read := map[int]bool{}
	for i, l := range p.Layers {
		for _, in := range l.Inputs {
			read[in] = read[in] || !b.in[i]
		}
		if b.in[i] {
			b.layers++
		}
	}
	for i := spec.Images; i < len(p.Layers); i++ {
		if read[i] && (i == spec.Images || b.in[i]) {
			b.outputs = append(b.outputs, i)
			b.size += p.outputShape(i).Size()
		}
	}
}

// outputShape is the shape of the output of layer i, or of the images.
func (p *Plan) outputShape(i int) layer.Shape {
	if i == spec.Images {
		return p.Input
	}
	return p.Layers[i].Out
}

// A Frozen describes the layers of a plan whose outputs can be computed once.
type Frozen struct {
	Layers int
	Until  string // the last of them
	Values int    // of the outputs for one image
	Copies int    // augmented copies of each image; 0: images are not augmented
}

// Frozen describes the layers whose outputs can be computed once; nil if there are none. why is the
// reason if there are frozen layers all the same.
func (p *Plan) Frozen() (f *Frozen, why string) {
	if b := p.base(); b != nil {
		f = &Frozen{Layers: b.layers, Values: b.size}
		if p.copies > 0 && p.fronts() > 0 {
			f.Copies = p.copies
		}
		for i, in := range b.in {
			if in {
				f.Until = p.Layers[i].Label
			}
		}
		return f, ""
	}
	for i := range p.Layers {
		if p.Layers[i].IsFrozen() {
			return nil, p.varies(i)
		}
	}
	return nil, ""
}

// varies says which layer before layer i, on any path to it, makes its input vary from epoch to epoch.
func (p *Plan) varies(i int) string {
	read := map[int]bool{i: true}
	for at := i; at >= 0; at-- {
		l := &p.Layers[at]
		if !read[at] {
			continue
		}
		trainable, _ := l.Params()
		switch {
		case trainable > 0:
			return fmt.Sprintf("%s in front of %s is trained", l.Label, p.Layers[i].Label)
		case layer.Augments(l.Layer):
			return fmt.Sprintf("%s draws at random; augment_copies: 4 would compute 4 draws of each image once", l.Label)
		case !layer.IsSteady(l.Layer):
			return fmt.Sprintf("%s draws at random", l.Label)
		}
		for _, in := range l.Inputs {
			read[in] = true
		}
	}
	return "all layers are frozen"
}
