package kernels

// Solarize adds amounts[2n], on a scale of 255, to the values of image n of x, clips them to
// s.Low and s.High, and inverts those from the threshold amounts[2n+1] on: v becomes
// s.High + s.Low - v. s.Amounts is 2.
func Solarize(out, x, amounts []float32, s Colors) { solarize.run("Solarize", out, x, amounts, s) }

// SolarizeGrad computes the gradient of [Solarize] for x.
func SolarizeGrad(dx, x, dy, amounts []float32, s Colors) {
	solarize.runGrad("SolarizeGrad", dx, x, dy, amounts, s)
}

var solarize = colorFunc{
	func(s *Colors, out, x, amounts []float32) {
		add, threshold := s.of255(amounts[0]), s.Low+s.of255(amounts[1])
		for i, v := range x {
			if v = s.cut(v + add); v >= threshold {
				v = s.High + s.Low - v
			}
			out[i] = v
		}
	},
	func(s *Colors, dx, x, dy, amounts []float32) {
		add, threshold := s.of255(amounts[0]), s.Low+s.of255(amounts[1])
		for i, v := range x {
			switch {
			case !s.passes(v + add):
				dx[i] = 0
			case v+add >= threshold:
				dx[i] = -dy[i]
			default:
				dx[i] = dy[i]
			}
		}
	},
}

// of255 converts v from a scale of 255 to the range of the images.
func (s *Colors) of255(v float32) float32 { return float32(v / 255 * (s.High - s.Low)) }
