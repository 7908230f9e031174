package kernels

// AutoContrast stretches the values of each channel of an image of x from their minimum
// and maximum to s.Low and s.High. A constant channel is unchanged. Amounts are not used.
func AutoContrast(out, x, amounts []float32, s Colors) {
	autoContrast.run("AutoContrast", out, x, amounts, s)
}

// AutoContrastGrad computes the gradient of [AutoContrast] for x.
func AutoContrastGrad(dx, x, dy, amounts []float32, s Colors) {
	autoContrast.runGrad("AutoContrastGrad", dx, x, dy, amounts, s)
}

var autoContrast = colorFunc{
	func(s *Colors, out, x, _ []float32) {
		for c := range s.C {
			low, high := s.channelEnds(x, c)
			a, b := x[low], x[high]
			for i := c; i < len(x); i += s.C {
				if out[i] = x[i]; a < b {
					out[i] = s.cut(s.Low + float32((x[i]-a)/(b-a)*(s.High-s.Low)))
				}
			}
		}
	},
	func(s *Colors, dx, x, dy, _ []float32) {
		for c := range s.C {
			low, high := s.channelEnds(x, c)
			a, b := float64(x[low]), float64(x[high])
			if a == b {
				for i := c; i < len(x); i += s.C {
					dx[i] = dy[i]
				}
				continue
			}
			scale := float64(s.High-s.Low) / (b - a)
			var dLow, dHigh float64
			for i := c; i < len(x); i += s.C {
				t := (float64(x[i]) - a) / (b - a)
				dx[i] = float32(scale * float64(dy[i]))
				dLow -= float64(scale * (1 - t) * float64(dy[i]))
				dHigh -= float64(scale * t * float64(dy[i]))
			}
			dx[low] += float32(dLow)
			dx[high] += float32(dHigh)
		}
	},
}

// channelEnds returns the indices of the minimum and the maximum of channel c.
func (s *Colors) channelEnds(x []float32, c int) (low, high int) {
	low, high = c, c
	for i := c; i < len(x); i += s.C {
		if x[i] < x[low] {
			low = i
		}
		if x[i] > x[high] {
			high = i
		}
	}
	return low, high
}
