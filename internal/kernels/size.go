package kernels

import (
	"fmt"
	"slices"
)

// grain is the number of values of one part of an elementwise kernel: small enough for load
// balancing, large enough to make the overhead negligible.
const grain = 1 << 14

// need panics unless x, an argument of a kernel, is long enough for the sizes.
func need(kernel, name string, x []float32, sizes ...int) {
	count := 1
	for _, size := range sizes {
		if size < 0 {
			count = -1
			break
		}
		count *= size
	}
	if count < 0 || len(x) < count {
		panic(fmt.Sprintf("kernels: %s: %s has %d values, its sizes are %v", kernel, name, len(x), slices.Clone(sizes)))
	}
}

// blocks returns the number of blocks of at most size that cover n.
func blocks(n, size int) int { return (n + size - 1) / size }

// block returns the bounds of block i of n values.
func block(i, n, size int) (from, to int) { return i * size, min(n, (i+1)*size) }

// rowsPerPart is the number of rows of c values in one part of a row-wise kernel.
func rowsPerPart(c int) int { return max(1, grain/max(1, c)) }
