// Package jpeg is the decoder of Go's image/jpeg (Go 1.26) with the two integer inverse DCTs of
// libjpeg in place of Go's, and without conversion of colors. Its samples are
// bit-identical to libjpeg's, with any version of Go. Go's reader.go and scan.go are divided by
// subject; changed are Decode, applyBlack and reconstructBlock, and idct.go is new.
package jpeg
