package kernels

import (
	"testing"
	"time"
)

// Multiply-adds alone are at least as fast as any kernel, and scale with rounds.
func TestMultiplyAddsCountsItsWork(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		withThreads(t, 2)
		one := MultiplyAdds(1000)
		if one <= 0 || MultiplyAdds(2000) != 2*one {
			t.Fatalf("%d operations in 1000 rounds, %d in twice as many", one, MultiplyAdds(2000))
		}
		began := time.Now()
		flops := MultiplyAdds(1_000_000)
		if rate := float64(flops) / time.Since(began).Seconds(); rate < 1e8 || rate > 1e13 {
			t.Errorf("%.3g operations a second", rate)
		}
	})
}
