package kernels

import "math"

// Resize is the sizes of a resampling of N images of H by W pixels and C channels to OH by
// OW pixels. Each axis is resampled separately, with the centres of pixels aligned
// (half_pixel_centers in TensorFlow).
type Resize struct {
	N, H, W, C, OH, OW int
	rows, cols         *taps
}

// An Interpolation says how values between pixels are computed.
type Interpolation struct {
	Method    string // nearest, bilinear, bicubic, lanczos3 or lanczos5
	Antialias bool   // a wider kernel where the image gets smaller; not for nearest
}

// NewResize returns the sizes and weights of a resampling.
func NewResize(n, h, w, c, oh, ow int, how Interpolation) Resize {
	return Resize{n, h, w, c, oh, ow, newTaps(h, oh, how), newTaps(w, ow, how)}
}

// taps is the weights of an axis: output i is the sum of count inputs from first[i] on.
type taps struct {
	count   int
	first   []int
	weights []float32 // [out,count], 0 where there is no input
}

func (t *taps) of(i int) (first int, weights []float32) {
	return t.first[i], t.weights[i*t.count:][:t.count]
}

// ResizeWeights returns the matrix [out,in] of the resampling of one axis.
func ResizeWeights(in, out int, how Interpolation) []float32 {
	t, matrix := newTaps(in, out, how), make([]float32, out*in)
	for i := range out {
		first, weights := t.of(i)
		copy(matrix[i*in+first:(i+1)*in], weights)
	}
	return matrix
}

func newTaps(in, out int, how Interpolation) *taps {
	var rows [][]float64 // weights of each output
	t := &taps{first: make([]int, out)}
	for i := range out {
		var weights []float64
		t.first[i], weights = how.weights(i, in, out)
		rows = append(rows, weights)
		t.count = max(t.count, len(weights))
	}
	t.count = min(t.count, in)
	t.weights = make([]float32, out*t.count)
	for i, weights := range rows {
		skip := max(0, t.first[i]+t.count-in) // so that all indices are valid
		t.first[i] -= skip
		for k, w := range weights {
			t.weights[i*t.count+skip+k] = float32(w)
		}
	}
	return t
}

// weights returns the weights of output i of out from so many inputs, from first on. They
// are those of TensorFlow's kernels: ResizeNearestNeighbor, ResizeBilinear, ResizeBicubic,
// and ScaleAndTranslate for all others.
func (how Interpolation) weights(i, in, out int) (first int, weights []float64) {
	scale := float32(in) / float32(out)
	center := float32((float32(i) + 0.5) * scale)
	switch {
	case how.Method == "nearest":
		return min(int(center), in-1), []float64{1}
	case how.Method == "bilinear" && !how.Antialias:
		at := float64(center - 0.5)
		low := math.Floor(at)
		if low < 0 || int(low) >= in-1 {
			return min(max(int(low), 0), in-1), []float64{1}
		}
		return int(low), []float64{1 - (at - low), at - low}
	case how.Method == "bicubic" && !how.Antialias:
		return bicubicWeights(center-0.5, in)
	}
	radius, kernel := how.kernel()
	stretch := 1.0
	if how.Antialias {
		stretch = max(1, float64(scale))
	}
	at := float64(center)
	first = max(0, int(math.Ceil(at-float64(radius*stretch)-0.5)))
	last := min(in-1, int(math.Floor(at+float64(radius*stretch)-0.5)))
	for k := first; k <= last; k++ {
		weights = append(weights, kernel(math.Abs(float64(k)+0.5-at)/stretch))
	}
	return first, normalized(weights)
}

// bicubicWeights is those of Keys' kernel with a = -1/2 in steps of 1/1024, as TensorFlow's
// table has them, without inputs outside of the image.
func bicubicWeights(at float32, in int) (first int, weights []float64) {
	const steps = 1024
	low := math.Floor(float64(at))
	offset := math.RoundToEven((float64(at) - low) * steps)
	first = int(low) - 1
	for k := range 4 {
		if j := first + k; j >= 0 && j < in {
			weights = append(weights, keys(math.Abs(float64(k-1)-float64(offset/steps))))
		}
	}
	return max(0, first), normalized(weights)
}

// keys is the cubic kernel of Keys (1981) with a = -1/2.
func keys(x float64) float64 {
	switch {
	case x < 1:
		return float64((float64(1.5*x)-2.5)*x*x) + 1
	case x < 2:
		return float64((float64((float64(-0.5*x)+2.5)*x)-4)*x) + 2
	}
	return 0
}

// kernel returns the radius and the kernel of a method.
func (how Interpolation) kernel() (radius float64, kernel func(x float64) float64) {
	switch how.Method {
	case "bilinear":
		return 1, func(x float64) float64 { return max(0, 1-x) }
	case "bicubic":
		return 2, keys
	case "lanczos3":
		radius = 3
	case "lanczos5":
		radius = 5
	default:
		panic("kernels: no interpolation " + how.Method)
	}
	return radius, func(x float64) float64 {
		switch {
		case x >= radius:
			return 0
		case x < 1e-3:
			return 1
		}
		return radius * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/radius) / (math.Pi * math.Pi * x * x)
	}
}

// normalized divides weights by their sum.
func normalized(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// ResizeImages resamples x [N,H,W,C] to out [N,OH,OW,C].
func ResizeImages(out, x []float32, s Resize) {
	s.check("ResizeImages", out, x)
	resizeLoop.run(s.N*s.OH, resizeArgs{out, x, s})
}

// ResizeImagesGrad computes the gradient of [ResizeImages] for x from that for its output.
func ResizeImagesGrad(dx, dy []float32, s Resize) {
	s.check("ResizeImagesGrad", dy, dx)
	resizeGradLoop.run(s.N, resizeArgs{dy, dx, s})
}

func (s Resize) check(kernel string, out, x []float32) {
	need(kernel, "output", out, s.N, s.OH, s.OW, s.C)
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
}

type resizeArgs struct {
	out, x []float32
	s      Resize
}

// One part is one row of the output: it resamples the vertical axis first, then the horizontal
// one.
var resizeLoop = newLoop(func(a *resizeArgs, part int) {
	s := &a.s
	n, oh := part/s.OH, part%s.OH
	size := s.W * s.C
	row := takeScratch(size)
	first, weights := s.rows.of(oh)
	clear(row)
	for k, w := range weights {
		addTimes(row, a.x[(n*s.H+first+k)*size:][:size], w)
	}
	for ow := range s.OW {
		out := a.out[(part*s.OW+ow)*s.C:][:s.C]
		first, weights := s.cols.of(ow)
		clear(out)
		for k, w := range weights {
			addTimes(out, row[(first+k)*s.C:][:s.C], w)
		}
	}
	giveScratch(row)
})

// One part is one image.
var resizeGradLoop = newLoop(func(a *resizeArgs, n int) {
	s := &a.s
	size := s.W * s.C
	clear(a.x[n*s.H*size:][:s.H*size])
	row := takeScratch(size)
	for oh := range s.OH {
		clear(row)
		for ow := range s.OW {
			dy := a.out[((n*s.OH+oh)*s.OW+ow)*s.C:][:s.C]
			first, weights := s.cols.of(ow)
			for k, w := range weights {
				addTimes(row[(first+k)*s.C:][:s.C], dy, w)
			}
		}
		first, weights := s.rows.of(oh)
		for k, w := range weights {
			addTimes(a.x[(n*s.H+first+k)*size:][:size], row, w)
		}
	}
	giveScratch(row)
})

// addTimes adds x times w to sum.
func addTimes(sum, x []float32, w float32) {
	if w == 0 {
		return
	}
	for i, v := range x[:len(sum)] {
		sum[i] += float32(v * w)
	}
}
