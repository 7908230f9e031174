package random

import (
	"math"
	"slices"
	"testing"
)

// All runs depend on these numbers: they must never change.
func TestNumbersNeverChange(t *testing.T) {
	s := New(7, 3)
	for i, want := range []uint64{0xd0ac2efad2a1e5d0, 0x1c24566e5926353e, 0x6adabb38a2713e} {
		if got := s.Uint64(uint64(i)); got != want {
			t.Errorf("Uint64(%d) = %#x, want %#x", i, got, want)
		}
	}
	if got, want := New(1).Perm(8), []int{4, 0, 7, 1, 5, 2, 6, 3}; !slices.Equal(got, want) {
		t.Errorf("Perm(8) = %v, want %v", got, want)
	}
}

func TestKeysMayComeOneByOne(t *testing.T) {
	if New(7).With().With(3, 5).With(8) != New(7, 3, 5, 8) {
		t.Error("another stream than that of all keys at once")
	}
}

func TestKeysMakeDifferentStreams(t *testing.T) {
	seen := map[uint64]bool{}
	for _, s := range []Stream{New(), New(0), New(0, 0), New(1), New(1, 0), New(0, 1), New(2)} {
		if seen[s.Uint64(0)] {
			t.Errorf("two streams start with %#x", s.Uint64(0))
		}
		seen[s.Uint64(0)] = true
	}
}

func TestFloat64IsUniform(t *testing.T) {
	const n = 100_000
	var buckets [10]int
	for i := range uint64(n) {
		buckets[int(New(5).Float64(i)*10)]++
	}
	for b, count := range buckets {
		if math.Abs(float64(count)-n/10) > 400 { // four standard deviations
			t.Errorf("bucket %d holds %d of %d", b, count, n)
		}
	}
}

func TestNormalHasMeanZeroAndVarianceOne(t *testing.T) {
	const n = 100_000
	var sum, squares float64
	for i := range uint64(n) {
		v := New(6).Normal(i)
		sum += v
		squares += v * v
	}
	if mean := sum / n; math.Abs(mean) > 0.015 {
		t.Errorf("mean %g", mean)
	}
	if variance := squares / n; math.Abs(variance-1) > 0.02 {
		t.Errorf("variance %g", variance)
	}
}

func TestPermHoldsEveryIndexOnce(t *testing.T) {
	p := New(9, 1).Perm(1000)
	if slices.IsSorted(p) {
		t.Error("nothing moved")
	}
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatalf("index %d is missing", i)
		}
	}
}
