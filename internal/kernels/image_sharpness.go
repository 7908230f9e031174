package kernels

// Sharpness moves each value of image n of x away from the mean of its neighbourhood by the
// factor amounts[n], and clips the result: 1 leaves the image unchanged, 0 is the mean. The mean
// is over 3x3 values, zero outside the image, with the weight 5/13 for the middle and 1/13 for
// the others. s.Width is the width of an image.
func Sharpness(out, x, amounts []float32, s Colors) { sharpness.run("Sharpness", out, x, amounts, s) }

// SharpnessGrad computes the gradient of [Sharpness] for x.
func SharpnessGrad(dx, x, dy, amounts []float32, s Colors) {
	sharpness.runGrad("SharpnessGrad", dx, x, dy, amounts, s)
}

var sharpness = colorFunc{
	func(s *Colors, out, x, amounts []float32) {
		s.smooth(out, x)
		for i, mean := range out {
			out[i] = s.cut(x[i] + float32((1-amounts[0])*(mean-x[i])))
		}
	},
	func(s *Colors, dx, x, dy, amounts []float32) {
		passed := takeScratch(len(x)) // dy where nothing was clipped, else 0
		defer giveScratch(passed)
		s.smooth(dx, x)
		for i, mean := range dx {
			passed[i] = 0
			if s.passes(x[i] + float32((1-amounts[0])*(mean-x[i]))) {
				passed[i] = dy[i]
			}
		}
		s.smooth(dx, passed) // whose weights are symmetric
		for i, mean := range dx {
			dx[i] = passed[i] + float32((1-amounts[0])*(mean-passed[i]))
		}
	},
}

// smooth computes the means of one image.
func (s *Colors) smooth(out, x []float32) {
	row := s.Width * s.C
	height := s.Pixels / s.Width
	for y := range height {
		for i := range row {
			sum := 4 * x[y*row+i]
			for v := max(0, y-1); v <= min(height-1, y+1); v++ {
				for j := i - s.C; j <= i+s.C; j += s.C {
					if j >= 0 && j < row {
						sum += x[v*row+j]
					}
				}
			}
			out[y*row+i] = sum / 13
		}
	}
}
