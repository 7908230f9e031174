//go:build race

package kernels

// raced says that the race detector is on. Definitions in float64, which use one goroutine,
// take minutes under it, and it does not see assembly: tests of convolutions and dense layers
// then only run the generic kernels on 4 threads.
const raced = true
