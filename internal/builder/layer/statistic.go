package layer

import (
	"fmt"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/catalog"
)

// A Statistic is computed from the inputs of a layer over the training data, in inference mode,
// and determines its weights.
type Statistic interface {
	// Add adds the inputs of n examples. It returns whether it needs more.
	Add(x []float32, n int) (more bool)
	// Write sets the weights, in the order of the layer's Weights.
	Write(weights [][]float32)
}

// StatisticOf returns a new statistic for inputs of a shape, or nil if the weights of l do not
// depend on the training data.
func StatisticOf(l Layer, in Shape) Statistic {
	if s, ok := As[interface{ statistic(Shape) Statistic }](l); ok {
		return s.statistic(in)
	}
	return nil
}

// mostPatch limits the values of a patch for whitening: the time grows with their square.
const mostPatch = 256

// whitens returns the initializer of the layer's kernel if it is whitening, else nil.
func (l *linear) whitens() *initializer.Whitening {
	w, _ := l.kernels[0].init.(*initializer.Whitening)
	return w
}

// checkWhitening rejects patches that whitening cannot use, and more filters than it has.
func (l *linear) checkWhitening(filters int, p patches) error {
	d, size := p.values(), p.span()
	switch {
	case l.whitens() == nil:
		return nil
	case size[0] > p.in[0] || size[1] > p.in[1]:
		return fmt.Errorf("whitening is from windows within the input, and one of %dx%d is larger than that of %v", size[0], size[1], p.in)
	case d > mostPatch:
		return fmt.Errorf("whitening is for patches of at most %d values, and these have %d", mostPatch, d)
	case filters > 2*d:
		return fmt.Errorf("whitening has %d filters for patches of %d values, not %d", 2*d, d, filters)
	}
	return nil
}

// CheckInit rejects initializers that need the training data where a layer does not use it.
func CheckInit(l Layer, in Shape) error {
	for i, w := range l.Weights(in) {
		if _, ok := w.Init.(*initializer.Whitening); ok && (i > 0 || StatisticOf(l, in) == nil) {
			return fmt.Errorf("whitening initializes the kernels of conv2d without groups, and of dense, not this %s", w.Name)
		}
	}
	return nil
}

func (l *conv2d) statistic(in Shape) Statistic {
	w := l.whitens()
	if w == nil || l.groups > 1 {
		return nil
	}
	return newCovariance(w, l.patches(in))
}

func (l *dense) statistic(in Shape) Statistic {
	w := l.whitens()
	if w == nil {
		return nil
	}
	return newCovariance(w, l.patches(in))
}

// patches is the windows of an image [H W C] without padding, with stride 1.
type patches struct {
	in             Shape
	size, dilation catalog.Pair
}

func (l *conv2d) patches(in Shape) patches { return patches{in, l.size, l.dilation} }
func (l *dense) patches(in Shape) patches {
	return patches{Shape{1, 1, in[0]}, catalog.Pair{1, 1}, catalog.Pair{1, 1}}
}

func (p patches) span() catalog.Pair { return window{size: p.size, dilation: p.dilation}.span() }

func (p patches) values() int { return p.size[0] * p.size[1] * p.in[2] }

// each calls use with each patch of an image; the slice is reused.
func (p patches) each(x []float32, use func(patch []float32)) {
	width, channels := p.in[1], p.in[2]
	patch := make([]float32, p.values())
	for top := range p.in[0] - (p.size[0]-1)*p.dilation[0] {
		for left := range width - (p.size[1]-1)*p.dilation[1] {
			to := patch
			for r := range p.size[0] {
				for c := range p.size[1] {
					at := (top+r*p.dilation[0])*width + left + c*p.dilation[1]
					copy(to[:channels], x[at*channels:])
					to = to[channels:]
				}
			}
			use(patch)
		}
	}
}

// A covariance is that of the values of patches.
type covariance struct {
	patches
	init     *initializer.Whitening
	examples int
	count    float64
	sums     []float64 // [d]
	products []float64 // [d,d], on and above the diagonal
}

func newCovariance(w *initializer.Whitening, p patches) *covariance {
	d := p.values()
	return &covariance{patches: p, init: w, sums: make([]float64, d), products: make([]float64, d*d)}
}

func (s *covariance) Add(x []float32, n int) (more bool) {
	d := len(s.sums)
	for i := range min(n, s.init.Examples-s.examples) {
		s.each(x[i*s.in.Size():][:s.in.Size()], func(patch []float32) {
			s.count++
			for j, v := range patch {
				s.sums[j] += float64(v)
				row := s.products[j*d:][:d]
				for k := j; k < d; k++ {
					row[k] += float64(float64(v) * float64(patch[k]))
				}
			}
		})
	}
	s.examples += n
	return s.examples < s.init.Examples
}

func (s *covariance) Write(weights [][]float32) {
	d := len(s.sums)
	for j := range d {
		for k := j; k < d; k++ {
			v := s.products[j*d+k]/s.count - float64(s.sums[j]/s.count*float64(s.sums[k]/s.count))
			s.products[j*d+k], s.products[k*d+j] = v, v
		}
	}
	s.init.Kernel(weights[0], s.products, d)
}
