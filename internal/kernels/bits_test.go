package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/bits.txt from the best implementation here")

// bitsOf returns a line for each kernel and for random convolutions and dense layers: the
// beginning of a digest of all values of their results.
func bitsOf() string {
	var lines strings.Builder
	line := func(name string, outputs ...[]float32) {
		h := sha256.New()
		for _, out := range outputs {
			for _, v := range out {
				var b [4]byte
				binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
				h.Write(b[:])
			}
		}
		fmt.Fprintf(&lines, "%-32s %x\n", name, h.Sum(nil)[:8])
	}
	for _, c := range kernelCases() {
		out, in := c.slices()
		c.run(out, in)
		line(c.name, out...)
	}
	rng := newRand()
	for _, a := range fastActivations {
		x, dy := randoms(rand.New(rand.NewPCG(1, 2)), 5000), randoms(rand.New(rand.NewPCG(3, 4)), 5000)
		for i := range x {
			x[i] *= float32(1 + i%9)
		}
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		a.y(y, x)
		a.dx(dx, x, dy)
		line(a.name+" of both signs", y, dx)
	}
	matrix := randoms(rand.New(rand.NewPCG(5, 6)), 108*40)
	NewtonSchulz{3.4445, -4.7750, 2.0315, 5}.Apply(matrix, 108, 40)
	line("NewtonSchulz.Apply", matrix)
	convolution := func(rng *rand.Rand, name string, s Conv) {
		nx, nw, ny := s.lens()
		x, w, b, dy := randoms(rng, nx), randoms(rng, nw), randoms(rng, s.F), randoms(rng, ny)
		y, dx, dw := make([]float32, ny), make([]float32, nx), make([]float32, nw)
		Conv2D(y, x, w, b, s)
		Conv2DGradX(dx, dy, w, s)
		Conv2DGradW(dw, x, dy, s)
		line(name, y, dx, dw)
	}
	for i := range 60 {
		s := anyConv(rng)
		switch {
		case i < 20:
			s = anyWinograd(rng, 3)
		case i < 24:
			s = NewConv(1, 4, 4, 101, 67+8*i, 3, 3, 1, 1, true) // few pixels
		}
		s.ReLU = i%2 == 0
		convolution(rng, fmt.Sprint("convolution ", i), s)
	}
	large := rand.New(rand.NewPCG(7, 8))
	for i := range 20 {
		s := anyWinograd(large, 5)
		s.ReLU = i%2 == 0
		convolution(large, fmt.Sprint("convolution 5x5, ", i), s)
	}
	for i := range 20 {
		convolution(large, fmt.Sprint("convolution 1x1, ", i), anyPointwise(large))
	}
	for i := range 20 {
		n, f, u := 1+rng.IntN(50), 1+rng.IntN(600), 1+rng.IntN(600)
		x, w, b, dy := randoms(rng, n*f), randoms(rng, f*u), randoms(rng, u), randoms(rng, n*u)
		y, dx, dw := make([]float32, n*u), make([]float32, n*f), make([]float32, f*u)
		Dense(y, x, w, b, n, f, u, i%2 == 0)
		DenseGradX(dx, dy, w, n, f, u)
		DenseGradW(dw, x, dy, n, f, u)
		line(fmt.Sprint("dense ", i), y, dx, dw)
	}
	return lines.String()
}

// All implementations in assembly give the bits in testdata, on every processor: they take
// sums in the same order and round at the same places. Kernels that are not yet in the
// file pass; -update adds them.
func TestAssemblyGivesTheSameBitsOnAllProcessors(t *testing.T) {
	const name = "testdata/bits.txt"
	if len(cpus()) == 1 {
		t.Skip("no assembly here")
	}
	if *update {
		if err := os.WriteFile(name, []byte(bitsOf()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, cpu := range cpus()[1:] {
		compare := func(t *testing.T) {
			withCPU(t, cpu)
			got := bitsOf()
			for line := range strings.Lines(string(want)) {
				if !strings.Contains(got, line) {
					t.Errorf("no result is %s", strings.TrimSpace(line))
				}
			}
		}
		t.Run(cpu, compare)
		t.Run(cpu+", past the caches", func(t *testing.T) {
			streamAll(t)
			compare(t)
		})
	}
}
