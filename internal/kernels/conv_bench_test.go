package kernels

import (
	"fmt"
	"testing"
)

// BenchmarkConv2D runs the convolutions of VGG and LeNet5 on one thread, under each
// implementation. Products with padding are counted.
func BenchmarkConv2D(b *testing.B) {
	const n = 32
	for _, s := range []Conv{
		NewConv(n, 32, 32, 3, 64, 3, 3, 1, 1, true),
		NewConv(n, 32, 32, 64, 64, 3, 3, 1, 1, true),
		NewConv(n, 16, 16, 64, 128, 3, 3, 1, 1, true),
		NewConv(n, 16, 16, 128, 128, 3, 3, 1, 1, true),
		NewConv(n, 8, 8, 256, 256, 3, 3, 1, 1, true),
		NewConv(n, 4, 4, 512, 512, 3, 3, 1, 1, true),
		NewConv(n, 2, 2, 512, 512, 3, 3, 1, 1, true),
		NewConv(n, 32, 32, 3, 6, 5, 5, 1, 1, false),
		NewConv(n, 14, 14, 6, 16, 5, 5, 1, 1, false),
		NewConv(n, 17, 17, 50, 70, 3, 3, 2, 2, true),
		NewConv(1, 32, 32, 64, 64, 3, 3, 1, 1, true),
		NewConv(1, 8, 8, 256, 256, 3, 3, 1, 1, true),
	} {
		nx, nw, ny := s.lens()
		rng := newRand()
		x, w, y, bias := randoms(rng, nx), randoms(rng, nw), randoms(rng, ny), randoms(rng, s.F)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { Conv2D(y, x, w, bias, s) }},
			{"gradX", func() { Conv2DGradX(x, y, w, s) }},
			{"gradW", func() { Conv2DGradW(w, x, y, s) }},
		} {
			name := fmt.Sprintf("%dx%dx%dx%d,%dx%dx%d/%s", s.N, s.H, s.W, s.C, s.KH, s.KW, s.F, pass.name)
			benchmarkEach(b, name, 2*float64(ny)*float64(s.KH*s.taps()), pass.run)
		}
	}
}

// BenchmarkDense runs dense layers on one thread, under each implementation.
func BenchmarkDense(b *testing.B) {
	for _, size := range [][3]int{{32, 4096, 4096}, {32, 512, 4096}, {32, 4096, 1000}, {1, 4096, 4096}, {256, 1024, 1024}, {32, 400, 120}, {32, 84, 10}} {
		n, f, u := size[0], size[1], size[2]
		rng := newRand()
		x, w, y := randoms(rng, n*f), randoms(rng, f*u), randoms(rng, n*u)
		for _, pass := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { Dense(y, x, w, nil, n, f, u, false) }},
			{"gradX", func() { DenseGradX(x, y, w, n, f, u) }},
			{"gradW", func() { DenseGradW(w, x, y, n, f, u) }},
		} {
			benchmarkEach(b, fmt.Sprintf("%dx%dx%d/%s", n, f, u, pass.name), 2*float64(n*f*u), pass.run)
		}
	}
}

func benchmarkEach(b *testing.B, name string, operations float64, run func()) {
	for _, cpu := range cpus() {
		b.Run(name+"/"+cpu, func(b *testing.B) {
			withThreads(b, 1)
			withCPU(b, cpu)
			for b.Loop() {
				run()
			}
			b.ReportMetric(operations*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkFewPixels runs convolutions of small batches on one thread, with filters from memory.
func BenchmarkFewPixels(b *testing.B) {
	for _, s := range []Conv{
		NewConv(1, 8, 8, 256, 256, 3, 3, 1, 1, true),
		NewConv(1, 8, 8, 128, 128, 3, 3, 1, 1, true),
		NewConv(1, 7, 7, 512, 512, 3, 3, 1, 1, true),
		NewConv(1, 7, 7, 2048, 512, 1, 1, 1, 1, true),
		NewConv(1, 14, 14, 512, 512, 3, 3, 2, 2, true),
		NewConv(1, 4, 4, 512, 512, 3, 3, 1, 1, true),
		NewConv(1, 5, 5, 384, 384, 3, 3, 1, 1, true),
		NewConv(1, 3, 3, 512, 512, 3, 3, 1, 1, true),
		NewConv(2, 2, 2, 512, 512, 3, 3, 1, 1, true),
		NewConv(4, 2, 2, 512, 512, 3, 3, 1, 1, true),
		NewConv(8, 2, 2, 512, 512, 3, 3, 1, 1, true),
		NewConv(16, 2, 2, 512, 512, 3, 3, 1, 1, true),
		NewConv(4, 4, 4, 512, 512, 3, 3, 1, 1, true),
		NewConv(16, 1, 1, 512, 512, 1, 1, 1, 1, true),
	} {
		nx, nw, ny := s.lens()
		const memory = 1 << 24
		rng := newRand()
		x, w, y, bias := randoms(rng, nx), Memory(memory), randoms(rng, ny), randoms(rng, s.F)
		copy(w, randoms(rng, nw))
		for at := nw; at < memory; at *= 2 {
			copy(w[at:], w[:at])
		}
		at := 0
		name := fmt.Sprintf("%dx%dx%dx%d,%dx%dx%d", s.N, s.H, s.W, s.C, s.KH, s.KW, s.F)
		benchmarkEach(b, name, 2*float64(ny)*float64(s.KH*s.taps()), func() {
			if at += nw; at+nw > memory {
				at = 0
			}
			Conv2D(y, x, w[at:], bias, s)
		})
	}
}
