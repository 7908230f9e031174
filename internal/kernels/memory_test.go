package kernels

import "testing"

func TestHugePagesFollowFromPages(t *testing.T) {
	for page, want := range map[int]int{4 << 10: 2 << 20, 16 << 10: 32 << 20, 64 << 10: 512 << 20} {
		if got := hugePageOf(page); got != want {
			t.Errorf("pages of %d bytes: huge ones of %d, want %d", page, got, want)
		}
	}
}

// Memory as large as some huge pages is whole, wherever they begin in it.
func TestMemoryIsZero(t *testing.T) {
	for _, v := range Memory(2*hugePageOf(4<<10)/float + 12345) {
		if v != 0 {
			t.Fatalf("holds %v", v)
		}
	}
}
