package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The transposed convolution is the sum of the filters, times the pixel that each window
// stands for.
func convTransposeCase(r *rand.Rand) gradCase {
	kh, kw, sh, sw := between(r, 1, 3), between(r, 1, 3), between(r, 1, 3), between(r, 1, 3)
	x := tensor.Shape{between(r, 1, 3), between(r, 1, 4), between(r, 1, 4), between(r, 1, 3)}
	f := between(r, 1, 3)
	h, w := (x[1]-1)*sh+kh, (x[2]-1)*sw+kw
	return gradCase{
		name:   fmt.Sprintf("conv2d_transpose of %v, kernel %dx%d, strides %dx%d", x, kh, kw, sh, sw),
		shapes: []tensor.Shape{x, {kh, kw, f, x[3]}, {f}},
		build: func(in []*G.Node) *G.Node {
			return Conv2DTranspose(in[0], in[1], in[2], h, w, Conv{Strides: [2]int{sh, sw}})
		},
		want: func(in [][]float64) []float64 {
			out := make([]float64, x[0]*h*w*f)
			for i := range out {
				out[i] = in[2][i%f]
			}
			for i, v := range in[0] {
				c, ix, iy, n := i%x[3], i/x[3]%x[2], i/x[3]/x[2]%x[1], i/x[3]/x[2]/x[1]
				for ky := range kh {
					for kx := range kw {
						for k := range f {
							out[((n*h+iy*sh+ky)*w+ix*sw+kx)*f+k] += v * in[1][((ky*kw+kx)*f+k)*x[3]+c]
						}
					}
				}
			}
			return out
		},
	}
}

func groupNormCase(r *rand.Rand) gradCase {
	groups := between(r, 1, 3)
	x := tensor.Shape{between(r, 1, 3), between(r, 2, 4), between(r, 1, 4), groups * between(r, 1, 3)}
	c := x[3]
	const epsilon = 0.1
	return gradCase{
		name:   fmt.Sprintf("group_norm of %v in %d groups", x, groups),
		shapes: []tensor.Shape{x, {c}, {c}},
		build:  func(in []*G.Node) *G.Node { return GroupNorm(in[0], in[1], in[2], groups, epsilon) },
		want: func(in [][]float64) []float64 {
			set := func(i int) int { return i/(x[1]*x[2]*c)*groups + i%c/(c/groups) }
			sums, squares, count := make([]float64, x[0]*groups), make([]float64, x[0]*groups), float64(x[1]*x[2]*c/groups)
			for i, v := range in[0] {
				sums[set(i)] += v / count
			}
			for i, v := range in[0] {
				squares[set(i)] += (v - sums[set(i)]) * (v - sums[set(i)]) / count
			}
			out := make([]float64, len(in[0]))
			for i, v := range in[0] {
				out[i] = (v-sums[set(i)])/math.Sqrt(squares[set(i)]+epsilon)*in[1][i%c] + in[2][i%c]
			}
			return out
		},
	}
}

func unitNormCase(r *rand.Rand) gradCase {
	x := tensor.Shape{between(r, 1, 3), between(r, 1, 3), between(r, 1, 5)}
	return gradCase{
		name: fmt.Sprintf("unit_norm of %v", x), shapes: []tensor.Shape{x},
		build: func(in []*G.Node) *G.Node { return UnitNorm(in[0], 2) },
		want: func(in [][]float64) []float64 {
			out, size := make([]float64, len(in[0])), x[1]*x[2]
			for i, v := range in[0] {
				norm := 0.0
				for _, u := range in[0][i/size*size:][:size] {
					norm += u * u
				}
				out[i] = v / math.Sqrt(norm)
			}
			return out
		},
	}
}

func standardizeCase(r *rand.Rand) gradCase {
	x, invert := tensor.Shape{between(r, 1, 3), between(r, 1, 3), 2}, r.IntN(2) == 0
	return gradCase{
		name: fmt.Sprintf("standardize of %v, invert %v", x, invert), shapes: []tensor.Shape{x, {2}, {2}},
		fixed: map[int][]float32{1: {3, -1}, 2: {0.25, 4}},
		build: func(in []*G.Node) *G.Node { return Standardize(in[0], in[1], in[2], invert) },
		want: func(in [][]float64) []float64 {
			out := make([]float64, len(in[0]))
			for i, v := range in[0] {
				deviation := math.Sqrt(in[2][i%2])
				if out[i] = (v - in[1][i%2]) / deviation; invert {
					out[i] = v*deviation + in[1][i%2]
				}
			}
			return out
		},
	}
}

func preluCase(r *rand.Rand) gradCase {
	x := tensor.Shape{between(r, 1, 3), between(r, 1, 3), between(r, 1, 3), between(r, 1, 3)}
	return gradCase{
		name: fmt.Sprintf("prelu of %v", x), shapes: []tensor.Shape{x, {1, 1, x[3]}},
		build: func(in []*G.Node) *G.Node { return PReLU(in[0], in[1]) },
		want: func(in [][]float64) []float64 {
			out := make([]float64, len(in[0]))
			for i, v := range in[0] {
				if out[i] = v; v < 0 {
					out[i] = v * in[1][i%x[3]]
				}
			}
			return out
		},
	}
}

func permuteCase(r *rand.Rand) gradCase {
	x, order := tensor.Shape{between(r, 1, 3), between(r, 1, 4), between(r, 1, 4), between(r, 1, 4)}, r.Perm(3)
	return gradCase{
		name: fmt.Sprintf("permute of %v by %v", x, order), shapes: []tensor.Shape{x},
		build: func(in []*G.Node) *G.Node { return Permute(in[0], order) },
		want: func(in [][]float64) []float64 {
			var out []float64
			size := []int{x[1], x[2], x[3]}
			for n := range x[0] {
				for a := range size[order[0]] {
					for b := range size[order[1]] {
						for c := range size[order[2]] {
							at := [3]int{}
							at[order[0]], at[order[1]], at[order[2]] = a, b, c
							out = append(out, in[0][((n*x[1]+at[0])*x[2]+at[1])*x[3]+at[2]])
						}
					}
				}
			}
			return out
		},
	}
}

// Bilinear resampling to twice the size has the weights 3/4 and 1/4, and 1 at the edges.
func resizeCase(r *rand.Rand) gradCase {
	x := tensor.Shape{between(r, 1, 3), between(r, 1, 4), between(r, 1, 4), between(r, 1, 3)}
	return gradCase{
		name: fmt.Sprintf("resize of %v", x), shapes: []tensor.Shape{x},
		build: func(in []*G.Node) *G.Node { return Resize(in[0], 2*x[1], 2*x[2], "bilinear", false) },
		want: func(in [][]float64) []float64 {
			var out []float64
			near := func(i, n int) [2]int { return [2]int{i / 2, min(max(i/2+i%2*2-1, 0), n-1)} }
			for n := range x[0] {
				for oy := range 2 * x[1] {
					for ox := range 2 * x[2] {
						for c := range x[3] {
							sum := 0.0
							for i, iy := range near(oy, x[1]) {
								for j, ix := range near(ox, x[2]) {
									sum += in[0][((n*x[1]+iy)*x[2]+ix)*x[3]+c] * (0.75 - 0.5*float64(i)) * (0.75 - 0.5*float64(j))
								}
							}
							out = append(out, sum)
						}
					}
				}
			}
			return out
		},
	}
}

func cropCase(r *rand.Rand) gradCase {
	x := tensor.Shape{between(r, 1, 3), between(r, 4, 6), between(r, 4, 6), between(r, 1, 3)}
	return gradCase{
		name: fmt.Sprintf("crop2d of %v", x), shapes: []tensor.Shape{x},
		build: func(in []*G.Node) *G.Node { return Crop2D(in[0], [2]int{1, 2}, [2]int{0, 3}) },
		want: func(in [][]float64) []float64 {
			var out []float64
			for i, v := range in[0] {
				if ix, iy := i/x[3]%x[2], i/x[3]/x[2]%x[1]; iy >= 1 && iy < x[1]-2 && ix < x[2]-3 {
					out = append(out, v)
				}
			}
			return out
		},
	}
}

func TestGradientsOfShapesAndNormsEqualFloat64Differences(t *testing.T) {
	for name, c := range map[string]func(*rand.Rand) gradCase{
		"conv2d_transpose": convTransposeCase, "group_norm": groupNormCase, "unit_norm": unitNormCase, "standardize": standardizeCase,
		"prelu": preluCase, "permute": permuteCase, "resize": resizeCase, "crop2d": cropCase,
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for i := range 20 {
				checkGradients(t, c(r), r, i%2 == 1)
			}
		})
	}
}
