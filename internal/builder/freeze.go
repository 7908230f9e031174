package builder

import (
	"cmp"
	"fmt"
	"slices"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

// freezing is the option freeze of the train section.
type freezing struct {
	given bool
	until string
	field *catalog.Field
}

func (f *freezing) options(o *catalog.Options) {
	catalog.Group(o, &f.given, "freeze", "layers that training leaves as they are, like `trainable: false` on each of them", func(o *catalog.Options) {
		f.field = o.Bind(&f.until, "until", "the layer up to which, in the order of the summary, all are frozen that do not say `trainable: true` themselves").Required()
	}).Sugar()
}

// copyOptions declares augment_copies.
func (p *Plan) copyOptions(o *catalog.Options) {
	p.copiesField = o.Bind(&p.copies, "augment_copies", "number of augmented copies of each image, which take turns in the epochs while layers behind the augmentation are frozen, so that these are computed once for each copy; 0: each image is augmented anew in every epoch").Min(0).Quiet()
}

// checkCopies rejects copies that would change nothing.
func (p *Plan) checkCopies(problems *spec.Problems) {
	switch {
	case p.copies == 0:
	case len(p.mixers()) > 0:
		problems.Add(p.copiesField.Pos, "train: augment_copies: %s mixes images, so there is no number of copies of one; omit either", p.Layers[p.mixers()[0]].Label)
	case p.base() == nil || p.fronts() == 0:
		problems.Add(p.copiesField.Pos, "train: augment_copies: is for models with augmentation in front of frozen layers; omit it, or freeze layers with freeze: {until: LAYER}")
	}
}

// apply sets trainable: false on the layers of s.
func (f *freezing) apply(s *spec.Spec, problems *spec.Problems) {
	if !f.given || f.until == "" {
		return
	}
	last := slices.IndexFunc(s.Layers, func(it *spec.Item) bool { return it.Label == f.until })
	if last < 0 {
		problems.Add(f.field.Pos, "freeze: no layer %q%s", f.until, spec.Hint(f.until, labels(s)))
	}
	for _, it := range s.Layers[:last+1] {
		if it.Paths == nil { // a merging layer has no weights
			it.Default("trainable", "false", f.field.Pos)
		}
	}
}

func labels(s *spec.Spec) (names []string) {
	for _, it := range s.Layers {
		names = append(names, it.Label)
	}
	return names
}

// IsFrozen reports whether the layer has weights that only fine-tuning, if anything, would train.
func (l *Layer) IsFrozen() bool { return len(l.Own) > 0 && !layer.Trains(l.Layer) }

// FineTune makes the plan one for two phases: after the first, the frozen layers from the one called
// from on, or all if that is empty, are trained too. batch is a way to fine-tune batch
// normalization, one of the constants of package layer.
func (p *Plan) FineTune(from, batch string) error {
	first := 0
	if from != "" {
		first = slices.IndexFunc(p.Layers, func(l Layer) bool { return l.Label == from })
	}
	if first < 0 {
		var names []string
		for _, l := range p.Layers {
			names = append(names, l.Label)
		}
		return fmt.Errorf("no layer %q%s", from, spec.Hint(from, names))
	}
	frozen := func(l Layer) bool { return l.IsFrozen() }
	if !slices.ContainsFunc(p.Layers[first:], frozen) {
		where := ""
		if first > 0 {
			where = " from " + from + " on"
		}
		return fmt.Errorf("no layer%s is frozen; freeze some with freeze: {until: LAYER}, or trainable: false on layers or blocks", where)
	}
	p.tuning = &tuning{first, batch}
	return nil
}

// tuning is the second phase of a training.
type tuning struct {
	first int // layer to unfreeze
	batch string
}

// FineTuned returns the plan of the second phase, nil if there is none.
func (p *Plan) FineTuned() *Plan {
	if p.tuning == nil {
		return nil
	}
	tuned := *p
	tuned.Layers, tuned.tuning = slices.Clone(p.Layers), nil
	for i := p.tuning.first; i < len(tuned.Layers); i++ {
		l := &tuned.Layers[i]
		l.Layer = layer.Unfrozen(l.Layer, p.tuning.batch)
		l.Own = l.Weights(l.In)
	}
	return &tuned
}

// last returns the plan of the last phase.
func (p *Plan) last() *Plan { return cmp.Or(p.FineTuned(), p) }

// Plan returns the plan of the current phase.
func (m *Model) Plan() *Plan { return m.plan }

// FineTune begins the second phase: from now on Params includes the weights of the layers that are
// no longer frozen. It does nothing if the plan has no second phase.
func (m *Model) FineTune() {
	if tuned := m.plan.FineTuned(); tuned != nil {
		m.plan, m.graphs = tuned, map[graphKey]*graph{}
		m.choose()
	}
}
