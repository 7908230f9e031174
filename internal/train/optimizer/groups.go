package optimizer

import (
	"errors"
	"path"
	"strings"

	"cnntrain/internal/catalog"
)

// groups gives some weights another learning rate or another weight decay.
type groups struct {
	rates, decays           catalog.Numbers // multipliers, by pattern
	undecayed               []string        // patterns
	ratesOf, decaysOf, none *catalog.Field

	rate, decay []float64 // multipliers, by weight; nil: 1
}

func (g *groups) options(o *catalog.Options) {
	g.none = o.Bind(&g.undecayed, "exclude_from_weight_decay", "weights without weight decay: of a name (bias), of a layer (dense_1), both (dense_1/bias); * stands for any characters").Quiet()
	g.ratesOf = o.Bind(&g.rates, "learning_rate_multipliers", "factors of the learning rate for some weights, named in the same way: {bias: 2, dense*: 0.1}; the last one that fits applies").Min(0).Quiet()
	g.decaysOf = o.Bind(&g.decays, "weight_decay_multipliers", "factors of weight_decay for some weights, likewise").Min(0).Quiet()
	o.Check(func() error {
		for _, v := range []struct {
			name string
			list catalog.Numbers
		}{{"learning_rate_multipliers", g.rates}, {"weight_decay_multipliers", g.decays}} {
			if v.list.Word != "" || len(v.list.List) > 0 && v.list.List[0].Name == "" {
				return errors.New(v.name + " must be {weight or layer: factor}")
			}
		}
		return nil
	})
}

// An Unmatched is a pattern that fits no weight, with the option that it is in.
type Unmatched struct {
	Option  *catalog.Field
	Pattern string
}

func (b *base) Named(weights []string) (unmatched []Unmatched) {
	g := &b.groups
	g.rate, g.decay = nil, nil
	set := func(of *catalog.Field, to *[]float64, pattern string, value float64) {
		if *to == nil {
			*to = make([]float64, len(weights))
			for i := range *to {
				(*to)[i] = 1
			}
		}
		found := false
		for i, name := range weights {
			if Fits(pattern, name) {
				(*to)[i], found = value, true
			}
		}
		if !found {
			unmatched = append(unmatched, Unmatched{of, pattern})
		}
	}
	for _, n := range g.rates.List {
		set(g.ratesOf, &g.rate, n.Name, n.Value)
	}
	for _, n := range g.decays.List {
		set(g.decaysOf, &g.decay, n.Name, n.Value)
	}
	for _, pattern := range g.undecayed {
		set(g.none, &g.decay, pattern, 0)
	}
	return unmatched
}

// Fits reports whether a pattern is that of a weight called LAYER/WEIGHT: of its layer, of
// its own name, or of both; * stands for any characters but /.
func Fits(pattern, name string) bool {
	slash := strings.LastIndexByte(name, '/')
	for _, s := range []string{name, name[:max(slash, 0)], name[slash+1:]} {
		if ok, err := path.Match(pattern, s); ok && err == nil {
			return true
		}
	}
	return false
}

// times returns the multipliers of weight i.
func (g *groups) times(i int) (rate, decay float64) {
	rate, decay = 1, 1
	if g.rate != nil {
		rate = g.rate[i]
	}
	if g.decay != nil {
		decay = g.decay[i]
	}
	return rate, decay
}
