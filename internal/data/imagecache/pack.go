package imagecache

import (
	"encoding/binary"
	"math"
	"slices"
)

// pack writes pixels to buf: one byte each if all are integers from 0 to 255, as in images
// that need no resizing, else float32, little endian. The length distinguishes the two.
func pack(buf []byte, pixels []float32) []byte {
	buf = buf[:0]
	for _, v := range pixels {
		if b := uint8(v); math.Float32bits(float32(b)) != math.Float32bits(v) {
			return packFloats(buf[:0], pixels)
		}
		buf = append(buf, uint8(v))
	}
	return buf
}

func packFloats(buf []byte, pixels []float32) []byte {
	buf = slices.Grow(buf, 4*len(pixels))
	for _, v := range pixels {
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
	}
	return buf
}

// unpack fills dst with the pixels that pack wrote.
func unpack(dst []float32, packed []byte) {
	if len(packed) == len(dst) {
		for i, b := range packed {
			dst[i] = float32(b)
		}
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(packed[4*i:]))
	}
}
