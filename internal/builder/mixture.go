package builder

import (
	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/spec"
)

// A mixture computes the labels of images that layers such as mix_up mix. Its buffers are reused.
type mixture struct {
	own         []float32 // [n]
	parts, next []batch.Part
}

// mix returns the parts of each image of the last Run, [n,2^m] for m mixing layers. Those of the
// last m images of a share are wrong, as the images are.
func (a *Augmenter) mix(x *mixture, labels []int) []batch.Part {
	n, k := len(labels), 1
	x.parts = x.parts[:0]
	for _, l := range labels {
		x.parts = append(x.parts, batch.Part{Label: l, Weight: 1})
	}
	for _, m := range a.mixers {
		x.own = append(x.own[:0], make([]float32, n)...)
		m.own(x.own)
		x.next = x.next[:0]
		for i, own := range x.own {
			for _, p := range x.parts[i*k:][:k] {
				x.next = append(x.next, batch.Part{Label: p.Label, Weight: float32(p.Weight * own)})
			}
			for _, p := range x.parts[(i+1)%n*k:][:k] {
				x.next = append(x.next, batch.Part{Label: p.Label, Weight: float32(p.Weight * (1 - own))})
			}
		}
		x.parts, x.next, k = x.next, x.parts, 2*k
	}
	return x.parts
}

// main sets labels to those with the largest part of each image, the first of equal ones, as
// Keras's metrics do, which use the index of the largest target.
func (x *mixture) main(labels []int, parts []batch.Part) {
	k := len(parts) / len(labels)
	for i := range labels {
		of := parts[i*k:][:k]
		best, most := 0, float32(-1)
		for _, p := range of {
			sum := float32(0)
			for _, q := range of {
				if q.Label == p.Label {
					sum += q.Weight
				}
			}
			if sum > most || sum == most && p.Label < best {
				best, most = p.Label, sum
			}
		}
		labels[i] = best
	}
}

// checkMixing rejects mixing layers that would not get the images alone, or whose labels the loss
// cannot take.
func (p *Plan) checkMixing(problems *spec.Problems) {
	front := p.fronts()
	for _, i := range p.mixers() {
		l := p.Layers[i]
		if p.Loss != nil && !p.Loss.Mixes() {
			problems.Add(l.Pos, "%s: mixes labels, and the loss is not linear in them; leave it out, or set loss: binary_crossentropy", l.Label)
		}
		if i >= front {
			problems.Add(l.Pos, "%s: mixes images and their labels, so it must be in front of all layers with weights, and not in a branch", l.Label)
			continue
		}
		for _, before := range p.Layers[:i] {
			if layer.DrawsByValue(before.Layer) {
				problems.Add(l.Pos, "%s: put it in front of %s", l.Label, before.Label)
			}
		}
	}
}

// addParts adds the targets of the parts of an example, scaled by its weight.
func (p *Plan) addParts(target []float32, parts []batch.Part, weight float32) error {
	for _, part := range parts {
		if err := p.addTarget(target, part.Label, float32(weight*part.Weight)); err != nil {
			return err
		}
	}
	return nil
}
