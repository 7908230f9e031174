package kernels

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// The implementations of kernels, each including those before it.
const (
	generic = iota
	avx2
	avx512
)

var cpuNames = []string{"generic", "avx2", "avx512"}

// chosen is the implementation in use.
var chosen atomic.Int32

func init() { chosen.Store(best()) }

// SetCPU chooses the implementation of all kernels called from then on: "avx512"
// (F, DQ, BW and VL), "avx2" (with FMA) or "generic", plain Go. It returns an
// error if this machine or build has no such implementation. Unless it is called,
// the best one is used. Results differ between implementations by rounding.
func SetCPU(name string) error {
	have := cpus()
	level := slices.Index(have, name)
	if level < 0 {
		return fmt.Errorf("this machine and build have %s only", strings.Join(have, ", "))
	}
	chosen.Store(int32(level))
	return nil
}

// CPU returns the name of the implementation in use.
func CPU() string { return cpuNames[chosen.Load()] }

// cpus returns the implementations that run here.
func cpus() []string { return cpuNames[:best()+1] }

// has reports whether kernels may use the instructions of an implementation.
func has(level int32) bool { return chosen.Load() >= level }
