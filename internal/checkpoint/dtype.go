package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// A DType is a number format. We write F32; other tools use the others, which are converted
// when read.
type DType struct {
	Name    string
	Size    int                                   // bytes
	Convert func(to []float32, from []byte) error // nil: of whole numbers or truths, which no weights are
}

// DTypes is the types of safetensors.
var DTypes = map[string]DType{}

func init() {
	for _, d := range []DType{
		{"F32", 4, fromF32}, {"F16", 2, fromF16}, {"BF16", 2, fromBF16}, {"F64", 8, fromF64},
		{"I64", 8, nil}, {"I32", 4, nil}, {"I16", 2, nil}, {"I8", 1, nil},
		{"U64", 8, nil}, {"U32", 4, nil}, {"U16", 2, nil}, {"U8", 1, nil}, {"BOOL", 1, nil},
	} {
		DTypes[d.Name] = d
	}
}

func fromF32(to []float32, from []byte) error {
	for i := range to {
		to[i] = math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
	}
	return nil
}

// fromBF16 is exact: a bfloat16 is the upper half of a float32.
func fromBF16(to []float32, from []byte) error {
	for i := range to {
		to[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(from[2*i:])) << 16)
	}
	return nil
}

func fromF16(to []float32, from []byte) error {
	for i := range to {
		to[i] = half(binary.LittleEndian.Uint16(from[2*i:]))
	}
	return nil
}

// half returns the value of an IEEE 754 binary16, exactly: 1 bit of sign, 5 of
// exponent (bias 15), 10 of fraction.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch {
	case exp == 0x1f: // infinity and NaN
		exp = 0xff
	case exp != 0:
		exp += 127 - 15
	case frac != 0: // subnormal: frac * 2^-24, normal as a float32
		shift := uint32(11 - bits.Len32(frac))
		exp, frac = 127-15+1-shift, frac<<shift&0x3ff
	}
	return math.Float32frombits(sign | exp<<23 | frac<<13)
}

// fromF64 rounds to the nearest float32. It returns an error if a finite value
// is beyond the largest.
func fromF64(to []float32, from []byte) error {
	for i := range to {
		v := math.Float64frombits(binary.LittleEndian.Uint64(from[8*i:]))
		to[i] = float32(v)
		if math.IsInf(float64(to[i]), 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("F64 value %g does not fit a float32", v)
		}
	}
	return nil
}
