package kernels

// The definitions of convolutions and dense layers, in float64, that tests compare all
// implementations with.

// products calls each for every product in the definition of a convolution, with the
// place of a value of the image and those of the first filter of its group in output and
// filters.
func (s Conv) products(each func(y, x, w int)) {
	one := s.ofGroup()
	for n := range s.N {
		for oh := range s.OH {
			for ow := range s.OW {
				for kh := range s.KH {
					for kw := range s.KW {
						ih, iw := oh*s.SH-s.Top+kh*(s.GapH+1), ow*s.SW-s.Left+kw*(s.GapW+1)
						if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
							continue
						}
						for c := range s.C {
							f := c / one.C * one.F // the first filter of the group
							each(((n*s.OH+oh)*s.OW+ow)*s.F+f, ((n*s.H+ih)*s.W+iw)*s.C+c, ((kh*s.KW+kw)*one.C+c%one.C)*s.F+f)
						}
					}
				}
			}
		}
	}
}

// define computes the output before a ReLU; b may be nil.
func (s Conv) define(x, w, b []float64) []float64 {
	y := make([]float64, s.N*s.OH*s.OW*s.F)
	if b != nil {
		for i := range y {
			y[i] = b[i%s.F]
		}
	}
	s.products(func(i, j, k int) {
		for f := range s.F / s.groups() {
			y[i+f] += x[j] * w[k+f]
		}
	})
	return y
}

// defineGrads computes the gradients for x and w from that for the output.
func (s Conv) defineGrads(x, w, dy []float64) (dx, dw []float64) {
	dx, dw = make([]float64, len(x)), make([]float64, len(w))
	s.products(func(i, j, k int) {
		for f := range s.F / s.groups() {
			dx[j] += dy[i+f] * w[k+f]
			dw[k+f] += dy[i+f] * x[j]
		}
	})
	return dx, dw
}

// denseConv is a dense layer as a convolution of maps of one pixel.
func defineDense(x, w, b []float64, n, f, u int) []float64 {
	return denseConv(n, f, u, false).define(x, w, b)
}

func defineDenseGrads(x, w, dy []float64, n, f, u int) (dx, dw []float64) {
	return denseConv(n, f, u, false).defineGrads(x, w, dy)
}

// defineTransform computes to = m·from·mᵀ, where m has rows of k values and from is k by k.
func defineTransform(m, from []float64, k int) (to []float64) {
	rows := len(m) / k
	to = make([]float64, rows*rows)
	for i := range rows {
		for j := range rows {
			for p := range k {
				for q := range k {
					to[i*rows+j] += m[i*k+p] * from[p*k+q] * m[j*k+q]
				}
			}
		}
	}
	return to
}

// transposed returns the transpose of m, which has a given number of columns.
func transposed(m []float64, cols int) []float64 {
	t := make([]float64, 0, len(m))
	for j := range cols {
		for i := j; i < len(m); i += cols {
			t = append(t, m[i])
		}
	}
	return t
}

// The matrices of Winograd's F(4x4,3x3), from Lavin and Gray.
var (
	winogradB = []float64{ // Bᵀ
		4, 0, -5, 0, 1, 0,
		0, -4, -4, 1, 1, 0,
		0, 4, -4, -1, 1, 0,
		0, -2, -1, 2, 1, 0,
		0, 2, -1, -2, 1, 0,
		0, 4, 0, -5, 0, 1,
	}
	winogradG = []float64{
		1. / 4, 0, 0,
		-1. / 6, -1. / 6, -1. / 6,
		-1. / 6, 1. / 6, -1. / 6,
		1. / 24, 1. / 12, 1. / 6,
		1. / 24, -1. / 12, 1. / 6,
		0, 0, 1,
	}
	winogradA = []float64{ // Aᵀ
		1, 1, 1, 1, 1, 0,
		0, 1, -1, 2, -2, 0,
		0, 1, 1, 4, 4, 0,
		0, 1, -1, 8, -8, 1,
	}
	winogradG5 = []float64{
		1. / 4, 0, 0, 0, 0,
		-1. / 6, -1. / 6, -1. / 6, -1. / 6, -1. / 6,
		-1. / 6, 1. / 6, -1. / 6, 1. / 6, -1. / 6,
		1. / 24, 1. / 12, 1. / 6, 1. / 3, 2. / 3,
		1. / 24, -1. / 12, 1. / 6, -1. / 3, 2. / 3,
		0, 0, 0, 0, 1,
	}
	winogradA5 = []float64{ // Aᵀ
		1, 1, 1, 1, 1, 0,
		0, 1, -1, 2, -2, 1,
	}
)
