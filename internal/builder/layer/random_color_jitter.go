package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
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
	if !g.Training {
		return x
	}
	// Each change has its own random stream.
	change := func(k uint64, draw func(r random.Stream, n int) float64) func(a []float32) {
		own := *g
		own.Random = func() random.Stream { return g.Random().With(k) }
		return amounts(&own, draw)
	}
	if len(l.brightness) > 0 {
		low, high := bounds(l.brightness)
		x = ops.Brightness(x, l.low(), l.high(), change(0, func(r random.Stream, n int) float64 {
			return uniform(r, n, low, high) * (l.valueRange[1] - l.valueRange[0])
		}))
	}
	if len(l.contrast) > 0 {
		lower, upper := l.contrast[0], l.contrast[len(l.contrast)-1]
		x = ops.Contrast(x, l.low(), l.high(), change(1, func(r random.Stream, n int) float64 { return uniform(r, n, 1-lower, 1+upper) }))
	}
	if len(l.saturation) > 0 {
		x = ops.Saturation(x, l.low(), l.high(), change(2, saturationFactor(l.saturation)))
	}
	if len(l.hue) > 0 {
		x = ops.Hue(x, l.low(), l.high(), change(3, hueTurn(l.hue)))
	}
	return x
}
