package kernels

import "math"

// Hue rotates the hue of image n of x, which has red, green and blue channels from s.Low to
// s.High, by amounts[n] of a full turn (Smith, Color Gamut Transform Pairs, 1978; with the
// formulas of TensorFlow's rgb_to_hsv and hsv_to_rgb).
func Hue(out, x, amounts []float32, s Colors) { hue.run("Hue", out, x, amounts, s) }

// HueGrad computes the gradient of [Hue] for x.
func HueGrad(dx, x, dy, amounts []float32, s Colors) {
	hue.runGrad("HueGrad", dx, x, dy, amounts, s)
}

var hue = pixelwise(func(s *Colors, p [3]dual, turn float64) [3]dual {
	most, least := extremes(p)
	chroma := most.minus(least)
	if chroma.v == 0 {
		return p
	}
	// The hue, from 0 to 6, times chroma: without a division it is linear in each sextant.
	var h dual
	switch most {
	case p[0]:
		h = p[1].minus(p[2])
	case p[1]:
		h = p[2].minus(p[0]).plus(chroma.by(2))
	default:
		h = p[0].minus(p[1]).plus(chroma.by(4))
	}
	turns := h.v/(6*chroma.v) + turn
	h = h.plus(chroma.by(6 * (turn - math.Floor(turns))))
	// The fraction of chroma that each channel has above the minimum.
	none := dual{}
	above := [3]dual{
		h.minus(chroma.by(3)).abs().minus(chroma),
		chroma.by(2).minus(h.minus(chroma.by(2)).abs()),
		chroma.by(2).minus(h.minus(chroma.by(4)).abs()),
	}
	for c, a := range above {
		above[c] = least.plus(a.between(none, chroma)).between(dual{v: float64(s.Low)}, dual{v: float64(s.High)})
	}
	return above
})
