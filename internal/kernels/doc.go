// Package kernels is float32 maths on slices: the forward and backward passes
// of layers and losses, and the updates of optimizers.
//
// Images are [N,H,W,C], convolution kernels [KH,KW,C,F], dense kernels [F,U],
// all row-major. Arguments come output first, sizes last. A slice may be longer
// than its sizes say: the rest is neither read nor written. A slice that is too
// short is a mistake of the program and panics. Outputs must not overlap inputs,
// except where a kernel says so; nobody keeps a slice after the call.
//
// Kernels run on up to [Threads] goroutines and give the same bits for any
// number of them: work is cut into parts by the sizes alone, each part writes
// memory of its own, and sums over parts are taken in a fixed order. After the
// first call with given sizes they do not allocate.
//
// A file is named after its subject: activation_, conv_, dense_, elementwise_,
// image_, loss_, norm_, optimizer_, pool_, sum_; product_ is what convolutions and
// dense layers are made of, cpu_ the instruction sets. x.go holds the formula and
// the checks of kernel x, and its inner loop in plain Go, a function whose name ends
// in Generic. The same loops for AVX2 and AVX-512 are written in _asm; see [SetCPU].
//
//go:generate go -C _asm run . ..
package kernels
