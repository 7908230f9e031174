package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"slices"
	"sort"
)

// A scan is one pass of the data over the image: what it brings of which components.
type scan struct {
	at         int    // of its marker
	components []byte // as the frame calls them
	first      bool   // it brings the upper bits of coefficients, not one more of each
	from, to   int    // coefficients of each block
	low        int    // bits that later scans bring
}

// newScan reads the data of an SOS segment whose marker is at a place of the file. What is
// wrong in it is the decoder's to name.
func newScan(s []byte, at int) scan {
	if len(s) < 1 || len(s) < 4+2*int(s[0]) {
		return scan{at: at}
	}
	n := int(s[0])
	c := scan{at: at, from: int(s[1+2*n]), to: int(s[2+2*n]), first: s[3+2*n]>>4 == 0, low: int(s[3+2*n] & 15)}
	for k := range n {
		c.components = append(c.components, s[1+2*k])
	}
	return c
}

// damage says how much of an image can be decoded. Of one with one scan that is the
// largest part, from the top, that decodes without an error.
func (f *jpegFile) damage(err error) error {
	var unsupported jpeg.UnsupportedError
	if errors.As(err, &unsupported) {
		return fmt.Errorf("a JPEG image that cannot be read: %w; save it anew", err)
	}
	if f.progressive || len(f.scans) > 1 {
		return f.damageOfScans(err)
	}
	data, moved := f.copied()
	frame := f.frame + moved
	whole := func(rows int) bool {
		binary.BigEndian.PutUint16(data[frame+1:], uint16(rows))
		return decodes(data)
	}
	const row = 16 // as high as most rows of blocks
	good, bad := 0, (f.size.Y+row-1)/row
	for bad-good > 1 {
		if middle := (good + bad) / 2; whole(middle * row) {
			good = middle
		} else {
			bad = middle
		}
	}
	return fmt.Errorf("damaged: %d%% of its data is there (%w)", 100*good*row/f.size.Y, err)
}

// damageOfScans says the same of an image with several scans: how many of them are whole,
// and how much of all bits of all coefficients these bring. Nobody knows how many bytes the
// others would have had.
func (f *jpegFile) damageOfScans(err error) error {
	data, moved := f.copied()
	whole := sort.Search(len(f.scans), func(k int) bool {
		end := len(data)
		if k+1 < len(f.scans) {
			end = f.scans[k+1].at + moved
		}
		return !decodes(data[:end])
	})
	const bits = 8 // of a coefficient
	there, all := 0, 0
	for _, hv := range f.sampling {
		all += int(hv>>4) * int(hv&15) * 64 * bits
	}
	for _, c := range f.scans[:whole] {
		n := 1
		if c.first {
			n = max(1, bits-c.low)
		}
		for _, id := range c.components {
			if k := slices.Index(f.components, id); k >= 0 {
				hv := f.sampling[k]
				there += int(hv>>4) * int(hv&15) * max(0, c.to-c.from+1) * n
			}
		}
	}
	return fmt.Errorf("damaged: %d%% of its data is there, %d of its passes over the image (%w)", min(99, 100*there/max(1, all)), whole, err)
}

// copied returns the file as the decoder takes it, to be changed, and by how much it moved.
func (f *jpegFile) copied() (data []byte, moved int) {
	data = bytes.Clone(f.marked())
	return data, len(data) - len(f.data)
}

// decodes reports whether a JPEG that is ended behind data has no error.
func decodes(data []byte) bool {
	_, err := jpeg.Decode(bytes.NewReader(append(data[:len(data):len(data)], 0xff, markEOI)))
	return err == nil
}
