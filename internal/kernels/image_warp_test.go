package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// somewhere returns n matrices that rotate, scale and translate.
func somewhere(rng *rand.Rand, n int) []float32 {
	m := randoms(rng, 6*n)
	for i := range m {
		if i%6 == 2 || i%6 == 5 {
			m[i] *= 9
		}
	}
	return m
}

func row(x ...float32) []float32 { return x }

func TestWarpGoesOnBeyondTheEdge(t *testing.T) {
	x := row(1, 2, 3, 4)
	for _, c := range []struct {
		fill Fill
		want []float32
	}{
		{FillReflect, row(4, 4, 3, 2, 1, 1, 2, 3, 4, 4, 3, 2, 1, 1, 2)},
		{FillConstant, row(9, 9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9, 9, 9)},
		{FillNearest, row(1, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4)},
		{FillWrap, row(4, 4, 4, 3, 4, 1, 2, 3, 4, 1, 2, 1, 1, 1, 1)}, // as TensorFlow,
	} {
		for _, nearest := range []bool{true, false} {
			s := Warp{N: 1, H: 1, W: 4, C: 1, OH: 1, OW: len(c.want), Fill: c.fill, Value: 9, Nearest: nearest}
			out := make([]float32, len(c.want))
			WarpImages(out, x, row(1, 0, -5, 0, 1, 0), s)
			if !slices.Equal(out, c.want) {
				t.Errorf("fill %d, nearest %v: %v, want %v", c.fill, nearest, out, c.want)
			}
		}
	}
}

func TestWarpInterpolates(t *testing.T) {
	s := Warp{N: 1, H: 2, W: 2, C: 1, OH: 1, OW: 1}
	for _, c := range []struct{ x, y, want float32 }{
		{0, 0, 1}, {1, 1, 4}, {0.5, 0, 1.5}, {0, 0.25, 1.5}, {0.5, 0.5, 2.5}, {0.75, 0.5, 2.75},
	} {
		out := row(0)
		WarpImages(out, row(1, 2, 3, 4), row(0, 0, c.x, 0, 0, c.y), s)
		if out[0] != c.want {
			t.Errorf("at %g, %g: %g, want %g", c.x, c.y, out[0], c.want)
		}
	}
}

func TestWarpGradIsFiniteDifference(t *testing.T) {
	rng := newRand()
	for range 60 {
		pick := func(n int) int { return 1 + rng.IntN(n) }
		s := Warp{N: pick(3), H: pick(6), W: pick(6), C: pick(4), OH: pick(6), OW: pick(6),
			Fill: Fill(rng.IntN(4)), Value: 0.5, Nearest: rng.IntN(3) == 0}
		m := somewhere(rng, s.N)
		x, dy := randoms(rng, s.N*s.H*s.W*s.C), randoms(rng, s.N*s.OH*s.OW*s.C)
		dx, zero, out := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(dy))
		WarpImagesGrad(dx, dy, m, s)
		// The output is linear in x up to Value: a unit vector gives a column.
		base := make([]float32, len(dy))
		WarpImages(base, zero, m, s)
		want := make([]float64, len(x))
		for i := range x {
			zero[i] = 1
			WarpImages(out, zero, m, s)
			zero[i] = 0
			for j := range out {
				want[i] += float64(out[j]-base[j]) * float64(dy[j])
			}
		}
		near(t, fmt.Sprintf("%+v: dx", s), dx, want)
	}
}

func TestWarpGivesTheBitsOfTheGenericOne(t *testing.T) {
	rng := newRand()
	for range 200 {
		pick := func(n int) int { return 1 + rng.IntN(n) }
		s := Warp{N: pick(3), H: pick(12), W: pick(12), C: 3, OH: pick(12), OW: pick(12), Fill: Fill(rng.IntN(4))}
		m := somewhere(rng, s.N)
		for i := range m { // mostly inside
			m[i] *= 0.3
		}
		x, want := fence(t, s.N*s.H*s.W*3), make([]float32, s.N*s.OH*s.OW*3)
		copy(x, randoms(rng, len(x)))
		withCPU(t, "generic")
		WarpImages(want, x, m, s)
		for _, cpu := range cpus()[1:] {
			withCPU(t, cpu)
			out := fence(t, len(want))
			WarpImages(out, x, m, s)
			sameBits(t, fmt.Sprintf("%+v under %s", s, cpu), out, want)
		}
	}
}

// BenchmarkWarp resamples 32 images of 32x32x3 on one thread: rotated by 18 degrees, and
// mirrored.
func BenchmarkWarp(b *testing.B) {
	withThreads(b, 1)
	x, out := randoms(newRand(), 32*32*32*3), make([]float32, 32*32*32*3)
	for _, c := range []struct {
		name    string
		m       []float32
		nearest bool
	}{
		{"turned", row(0.951, -0.309, 5.55, 0.309, 0.951, -4.03), false},
		{"mirrored", row(-1, 0, 31, 0, 1, 0), true},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, m := Warp{N: 32, H: 32, W: 32, C: 3, OH: 32, OW: 32, Nearest: c.nearest}, slices.Repeat(c.m, 32)
			for b.Loop() {
				WarpImages(out, x, m, s)
			}
		})
	}
}

// A map that only mirrors is copied; a wider output uses the general case.
func TestMirroredImagesAreThoseOfTheLongWay(t *testing.T) {
	rng := newRand()
	for range 40 {
		s := Warp{N: 4, H: 1 + rng.IntN(6), W: 1 + rng.IntN(6), C: 1 + rng.IntN(4), Nearest: rng.IntN(2) == 0}
		h, w := float32(s.H-1), float32(s.W-1)
		m := slices.Concat(row(1, 0, 0, 0, 1, 0), row(-1, 0, w, 0, 1, 0), row(1, 0, 0, 0, -1, h), row(-1, 0, w, 0, -1, h))
		x := randoms(rng, s.N*s.H*s.W*s.C)
		s.OH, s.OW = s.H, s.W
		short := make([]float32, len(x))
		WarpImages(short, x, m, s)
		s.OW++
		long := make([]float32, s.N*s.H*s.OW*s.C)
		WarpImages(long, x, m, s)
		for i := range s.N * s.H {
			if n := s.W * s.C; !slices.Equal(short[i*n:][:n], long[i*s.OW*s.C:][:n]) {
				t.Fatalf("%+v: row %d is %v, want %v", s, i, short[i*n:][:n], long[i*s.OW*s.C:][:n])
			}
		}
	}
}
