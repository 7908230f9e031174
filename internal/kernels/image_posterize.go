package kernels

// Posterize keeps amounts[n] of the 8 bits, from 1 to 8, that the values of image n of x have on a
// scale of 255, where they are rounded towards 0 first.
func Posterize(out, x, amounts []float32, s Colors) {
	posterize.run("Posterize", out, x, amounts, s)
}

// PosterizeGrad sets the gradient of [Posterize] for x, which is zero: small changes have no effect.
func PosterizeGrad(dx, x, dy, amounts []float32, s Colors) {
	posterize.runGrad("PosterizeGrad", dx, x, dy, amounts, s)
}

var posterize = colorFunc{
	func(s *Colors, out, x, amounts []float32) {
		lost := 8 - int(amounts[0])
		scaled := s.Low != 0 || s.High != 255
		for i, v := range x {
			if scaled {
				v = float32((v-s.Low)/(s.High-s.Low)) * 255 // rounded as Keras does
			}
			if v == v { // NaN stays
				v = float32(uint8(max(0, min(v, 255))) >> lost << lost)
			}
			if scaled {
				v = float32(float32(v/255)*(s.High-s.Low)) + s.Low
			}
			out[i] = v
		}
	},
	func(_ *Colors, dx, _, _, _ []float32) { clear(dx) },
}
