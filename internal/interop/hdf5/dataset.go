package hdf5

import (
	"errors"
	"fmt"
	"io"

	"cnntrain/internal/checkpoint"
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
	format := checkpoint.DTypes[d.Type()]
	chunk := make([]byte, min(64<<10, n*d.elemSize))
	for from := 0; from < n; {
		part := chunk[:min(len(chunk), (n-from)*d.elemSize)]
		if _, err := d.file.ReadAt(part, d.at+int64(from*d.elemSize)); err != nil {
			return nil, fmt.Errorf("cannot read the values: %w", err)
		}
		n := len(part) / d.elemSize
		if err := format.Convert(values[from:from+n], part); err != nil {
			return nil, err
		}
		from += n
	}
	return values, nil
}
