package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"cnntrain/internal/data/picture/jpeg"
)

// A scan is one pass over the image: which bits of which components it contains.
type scan struct {
	at         int    // of its marker
	components []byte // component ids as in the frame header
	first      bool   // first scan of these coefficients, not a refinement of one bit
	from, to   int    // coefficients of each block
	low        int    // low bits that later scans contain
}

// newScan parses the SOS segment whose marker is at an offset of the file. Errors in it are
// left to the decoder.
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

// damage says how much of a damaged image can be decoded. For a single scan that is the
// largest portion, from the top, that decodes without an error.
func (f *jpegFile) damage(err error) error {
	var unsupported jpeg.UnsupportedError
	if errors.As(err, &unsupported) {
		return fmt.Errorf("a JPEG image that cannot be read: %w; save it again", err)
	}
	if f.progressive || len(f.scans) > 1 || !f.hasScans() {
		return f.damageOfScans(err)
	}
	data := bytes.Clone(f.data)
	whole := func(rows int) bool {
		binary.BigEndian.PutUint16(data[f.frame+1:], uint16(rows))
		return decodes(data)
	}
	const row = 16 // bytes per row of blocks, at most
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

// damageOfScans does the same for an image with several scans: how many of them are
// complete, and what fraction of all coefficient bits those contain. The byte size of
// missing scans is unknown.
func (f *jpegFile) damageOfScans(err error) error {
	whole := sort.Search(len(f.scans), func(k int) bool {
		end := len(f.data)
		if k+1 < len(f.scans) {
			end = f.scans[k+1].at
		}
		return !decodes(f.data[:end])
	})
	const bits = 8 // bits of a coefficient
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

// decodes reports whether the JPEG, truncated after data, decodes without an error.
func decodes(data []byte) bool {
	_, err := jpeg.Decode(append(data[:len(data):len(data)], 0xff, markEOI), false)
	return err == nil
}
