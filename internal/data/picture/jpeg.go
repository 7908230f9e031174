package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"

	"cnntrain/internal/data/picture/jpeg"
)

// Markers of ITU-T T.81, table B.1.
const (
	markSOF0, markSOF2, markSOF15 = 0xc0, 0xc2, 0xcf
	markDHT, markJPG, markDAC     = 0xc4, 0xc8, 0xcc
	markRST0, markRST7            = 0xd0, 0xd7
	markEOI, markSOS              = 0xd9, 0xda
	markAPP0, markAPP1            = 0xe0, 0xe1
	markAPP14                     = 0xee
)

// A jpegFile holds what the segments of a JPEG declare.
type jpegFile struct {
	head
	data        []byte
	fast        bool // the DCT
	frame       int  // where the data of the SOFn segment begins
	components  []byte
	sampling    []byte // horizontal and vertical sampling factor of each component, four bits each
	progressive bool
	jfif        bool
	adobe       int // the transform of Adobe's marker, -1 without one
	scans       []scan
}

func (d Decoder) readJPEG(data []byte) (*head, error) {
	f := &jpegFile{data: data, adobe: -1, fast: d.FastDCT}
	if err := f.walk(); err != nil {
		return nil, err
	}
	switch {
	case f.frame == 0:
		return nil, errors.New("it ends within its head")
	case len(f.scans) > maxScans:
		return nil, fmt.Errorf("it has %d scans, at most %d are supported; save it again", len(f.scans), maxScans)
	}
	f.decode = f.sampler
	return &f.head, nil
}

// walk parses all segments. It stops at a truncated one; the decoder reports that.
func (f *jpegFile) walk() error {
	at := 2
	for {
		next := bytes.IndexByte(f.data[at:], 0xff) // like libjpeg, skip bytes between segments
		if next < 0 || at+next+1 >= len(f.data) {
			return nil
		}
		at += next + 1
		mark := f.data[at]
		if mark == 0xff { // fill byte
			continue
		}
		at++
		if mark == 0 || mark == 1 || mark >= markRST0 && mark <= markRST7 {
			continue // markers without a segment
		}
		if mark == markEOI {
			return nil
		}
		if at+2 > len(f.data) {
			return nil
		}
		length := int(binary.BigEndian.Uint16(f.data[at:]))
		if length < 2 || at+length > len(f.data) {
			return nil
		}
		if err := f.segment(mark, f.data[at+2:at+length], at+2); err != nil {
			return err
		}
		at += length
	}
}

func (f *jpegFile) segment(mark byte, s []byte, at int) error {
	switch {
	case mark == markSOS:
		f.scans = append(f.scans, newScan(s, at-4))
	case mark == markAPP0 && bytes.HasPrefix(s, []byte("JFIF\x00")):
		f.jfif = true
	case mark == markAPP1 && bytes.HasPrefix(s, []byte("Exif\x00\x00")) && f.orientation == 0:
		f.orientation = orientation(s)
	case mark == markAPP14 && len(s) >= 12 && bytes.HasPrefix(s, []byte("Adobe")):
		f.adobe = int(s[11])
	case mark >= markSOF0 && mark <= markSOF15 && mark != markDHT && mark != markJPG && mark != markDAC && f.frame == 0:
		if len(s) < 6 || len(s) < 6+3*int(s[5]) {
			return errors.New("its frame header is too short")
		}
		f.frame, f.progressive = at, mark == markSOF2
		f.size = image.Pt(int(binary.BigEndian.Uint16(s[3:])), int(binary.BigEndian.Uint16(s[1:])))
		for c := s[6 : 6+3*int(s[5])]; len(c) > 0; c = c[3:] {
			f.components, f.sampling = append(f.components, c[0]), append(f.sampling, c[1])
		}
		f.bytes = f.memory()
	}
	return nil
}

// memory returns the bytes that Go's decoder allocates: one per sample, plus four if it
// collects the coefficients of all scans. Blocks at the edges are counted in full.
func (f *jpegFile) memory() int64 {
	high, wide := int64(1), int64(1)
	for _, hv := range f.sampling {
		wide, high = max(wide, int64(hv>>4)), max(high, int64(hv&15))
	}
	units := ((int64(f.size.X)-1)/(8*wide) + 1) * ((int64(f.size.Y)-1)/(8*high) + 1)
	var samples int64
	for _, hv := range f.sampling {
		samples += units * 64 * int64(hv>>4) * int64(hv&15)
	}
	total := samples
	if f.progressive {
		total += 4 * samples
	}
	if len(f.components) == 4 {
		total += 4 * pixels(f.size) // planar output
	}
	return total
}

// isRGB is libjpeg's rule for three components that need no colour conversion.
func (f *jpegFile) isRGB() bool {
	return len(f.components) == 3 && !f.jfif && (f.adobe == 0 || f.adobe < 0 && string(f.components) == "RGB")
}

// hasScans reports whether each component has a scan, whole or not.
func (f *jpegFile) hasScans() bool {
	return !slices.ContainsFunc(f.components, func(component byte) bool {
		return !slices.ContainsFunc(f.scans, func(s scan) bool { return slices.Contains(s.components, component) })
	})
}

// sampler decodes the planes.
func (f *jpegFile) sampler() (sampler, error) {
	img, err := jpeg.Decode(f.data, f.fast)
	switch {
	case err == nil && !f.hasScans(): // Go's decoder leaves it 0, which is green
		err = errors.New("invalid JPEG format: a component has no scan")
	case err != nil && !f.progressive && f.hasScans():
		// Some cameras leave out the end marker, which libjpeg adds, too. Were a byte of the
		// image missing, this would fail again; a progressive one could have had more scans.
		if ended, failed := jpeg.Decode(append(f.data[:len(f.data):len(f.data)], 0xff, markEOI), f.fast); failed == nil {
			img, err = ended, nil
		}
	}
	if err != nil {
		return nil, f.damage(err)
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return samplerOfJPEG(img, f.isRGB()), nil
	case *image.CMYK:
		return samplerOfCMYK(img, f.sampling[0] == 0x22, f.adobe), nil
	}
	return samplerOf(img), nil
}
