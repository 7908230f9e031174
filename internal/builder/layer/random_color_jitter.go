package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_color_jitter",
	Keras:   "RandomColorJitter",
	Example: "random_color_jitter: {brightness_factor: 0.1, hue_factor: 0.1}",
	Input:   []int{4, 3, 3},
	Doc: `Changes brightness, contrast, saturation and hue of each image at random, in this order.

Each factor is that of random_brightness, random_contrast, random_saturation or random_hue;
without one, that is left as it is. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomColorJitter{recolor: newRecolor()}
		valueRangeOption(o, &l.valueRange)
		o.Bind(&l.brightness, "brightness_factor", "the factor of random_brightness").Min(-1).Max(1)
		o.Bind(&l.contrast, "contrast_factor", "the factor of random_contrast").Min(-1).Max(1)
		checkContrast(o, &l.contrast, "contrast_factor")
		o.Bind(&l.saturation, "saturation_factor", "the factor of random_saturation").Min(0).Max(1)
		o.Bind(&l.hue, "hue_factor", "the factor of random_hue").Min(0).Max(1)
		return l
	},
})

type randomColorJitter struct {
	recolor
	brightness, contrast, saturation, hue catalog.Range
}

func (*randomColorJitter) Shape(in Shape) (Shape, error) { return rgb(in) }

func (l *randomColorJitter) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	for k, one := range []struct {
		factor catalog.Range
		change
	}{
		{l.brightness, &randomBrightness{l.recolor, l.brightness}},
		{l.contrast, &randomContrast{l.recolor, l.contrast}},
		{l.saturation, &randomSaturation{l.recolor, l.saturation}},
		{l.hue, &randomHue{l.recolor, l.hue}},
	} {
		if len(one.factor) > 0 {
			x = altered(g, x, one.change, func() random.Stream { return g.Random().With(uint64(k)) })
		}
	}
	return x
}
