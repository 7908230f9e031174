package kernels

// Saturation multiplies the saturation of image n of x, which has red, green and blue channels,
// by amounts[n] and clips it to s.Low and s.High, as Keras does, whose value_range is that of
// the images: channels of images from 0 to 255 can become negative.
func Saturation(out, x, amounts []float32, s Colors) {
	saturation.run("Saturation", out, x, amounts, s)
}

// SaturationGrad computes the gradient of [Saturation] for x.
func SaturationGrad(dx, x, dy, amounts []float32, s Colors) {
	saturation.runGrad("SaturationGrad", dx, x, dy, amounts, s)
}

var saturation = pixelwise(func(s *Colors, p [3]dual, factor float64) [3]dual {
	most, least := extremes(p)
	chroma := most.minus(least)
	if chroma.v == 0 || most.v <= 0 {
		return p
	}
	was := chroma.over(most)
	now := was.by(factor).between(dual{v: float64(s.Low)}, dual{v: float64(s.High)})
	ratio := now.over(was)
	for c, v := range p {
		p[c] = most.minus(most.minus(v).times(ratio))
	}
	return p
})
