package checkpoint

import (
	"cmp"
	"fmt"
	"slices"
)

// An entry is the description of one tensor in the header.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int64 // offsets of its data, in bytes from the start of all data
	count      int   // number of values, from the shape
}

// checkLayout sorts the entries by offset and checks that they cover size bytes without
// overlaps or gaps. Empty tensors keep their order.
func checkLayout(entries []entry, size int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var end int64
	for i, e := range entries {
		switch {
		case e.begin > end:
			return fmt.Errorf("tensor %s: its data starts at byte %d, but bytes from %d on belong to no tensor", quote(e.name), e.begin, end)
		case e.begin < end:
			return fmt.Errorf("tensor %s: its data starts at byte %d, inside that of %s", quote(e.name), e.begin, quote(entries[i-1].name))
		}
		end = e.end
	}
	switch {
	case end > size:
		return fmt.Errorf("truncated: header promises %d bytes of data, the file has %d", end, size)
	case end < size:
		return fmt.Errorf("trailing bytes: header promises %d bytes of data, the file has %d", end, size)
	}
	return nil
}

// setCount computes the number of values of the shape. It returns an error if their size is
// not that of the offsets.
func (e *entry) setCount() error {
	n, err := elements(e.shape)
	if err != nil {
		return err
	}
	if e.end < e.begin {
		return fmt.Errorf("data_offsets [%d %d] end before they begin", e.begin, e.end)
	}
	if int64(n)*int64(e.dtype.Size) != e.end-e.begin {
		return fmt.Errorf("shape %v needs %d values of %d bytes, data_offsets [%d %d] give it %d bytes",
			e.shape, n, e.dtype.Size, e.begin, e.end, e.end-e.begin)
	}
	e.count = n
	return nil
}
