// Package jpeg is the decoder of Go's image/jpeg (Go 1.26) with the two integer inverse DCTs of
// libjpeg in place of Go's, and without conversion of colors. So it has the samples of libjpeg
// to the bit, whatever version of Go compiles it. Changes are in reader.go (Decode, applyBlack)
// and scan.go (reconstructBlock); idct.go is new.
package jpeg
