package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Dataset is a tensor, row-major. The values of a dataset that was read stay in the file
// until Float32s is called.
type Dataset struct {
	Shape []int
	data  []float32 // for writing
	count *int64    // for writing, in place of data: an integer

	file     io.ReaderAt
	at       int64
	elemSize int    // bytes of a float: 2, 4 or 8
	strange  string // why the values cannot be read
}

// NewDataset returns a dataset for writing; shape determines the number of values.
func NewDataset(shape []int, data []float32) *Dataset { return &Dataset{Shape: shape, data: data} }

// NewCount returns a dataset of one integer, to be written as an int64.
func NewCount(n int64) *Dataset { return &Dataset{count: &n} }

// Type returns the type of the values as safetensors calls it: F16, F32 or F64; empty for
// others, which cannot be read.
func (d *Dataset) Type() string {
	if d.strange != "" || d.count != nil {
		return ""
	}
	return map[int]string{0: "F32", 2: "F16", 4: "F32", 8: "F64"}[d.elemSize]
}

// Float32s returns the values. It returns an error if they are not floats, if one of them
// exceeds the range of float32, or if the file cannot be read.
func (d *Dataset) Float32s() ([]float32, error) {
	if d.file == nil {
		return d.data, nil
	}
	if d.strange != "" {
		return nil, errors.New(d.strange)
	}
	n := 1
	for _, size := range d.Shape {
		n *= size
	}
	values := make([]float32, n)
	chunk := make([]byte, min(64<<10, n*d.elemSize))
	for from := 0; from < n; {
		part := chunk[:min(len(chunk), (n-from)*d.elemSize)]
		if _, err := d.file.ReadAt(part, d.at+int64(from*d.elemSize)); err != nil {
			return nil, fmt.Errorf("cannot read the values: %w", err)
		}
		for ; len(part) > 0; part, from = part[d.elemSize:], from+1 {
			switch d.elemSize {
			case 2:
				values[from] = half(binary.LittleEndian.Uint16(part))
				continue
			case 4:
				values[from] = math.Float32frombits(binary.LittleEndian.Uint32(part))
				continue
			}
			v := math.Float64frombits(binary.LittleEndian.Uint64(part))
			values[from] = float32(v)
			if math.IsInf(float64(values[from]), 0) && !math.IsInf(v, 0) {
				return nil, fmt.Errorf("%g does not fit a float32", v)
			}
		}
	}
	return values, nil
}

// half returns the value of an IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias
// 15), 10 of fraction.
func half(h uint16) float32 {
	sign, exponent, fraction := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 0x1f && fraction != 0:
		return float32(math.NaN())
	case exponent == 0x1f:
		return float32(math.Inf(int(sign)))
	case exponent == 0:
		return float32(sign * math.Ldexp(fraction, -24))
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}
