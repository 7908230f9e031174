package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation returns the EXIF orientation, 1 to 8, from the first directory of a TIFF
// structure; 1 if it has none.
func orientation(exif []byte) int {
	exif = bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return 1
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright returns the size of an image after rotation.
func upright(size image.Point, orientation int) image.Point {
	if orientation >= 5 {
		return image.Pt(size.Y, size.X)
	}
	return size
}

// turn returns a sampler of the upright image. size is the size before rotation.
func turn(at sampler, size image.Point, orientation int) sampler {
	right, bottom := size.X-1, size.Y-1
	switch orientation {
	case 2:
		return func(x, y int) [3]float32 { return at(right-x, y) }
	case 3:
		return func(x, y int) [3]float32 { return at(right-x, bottom-y) }
	case 4:
		return func(x, y int) [3]float32 { return at(x, bottom-y) }
	case 5:
		return func(x, y int) [3]float32 { return at(y, x) }
	case 6:
		return func(x, y int) [3]float32 { return at(y, bottom-x) }
	case 7:
		return func(x, y int) [3]float32 { return at(right-y, bottom-x) }
	case 8:
		return func(x, y int) [3]float32 { return at(right-y, x) }
	}
	return at
}

// chunkOfPNG returns the data of the first chunk of a type, or nil.
func chunkOfPNG(data []byte, kind string) []byte {
	rest := data[8:]
	for len(rest) >= 12 {
		n := uint64(binary.BigEndian.Uint32(rest))
		if n+12 > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == kind {
			return rest[8 : 8+n]
		}
		rest = rest[n+12:]
	}
	return nil
}

// opaqueGIF returns the file with the transparent colour of its first frame made opaque;
// Go's decoder would discard that colour.
func opaqueGIF(data []byte) []byte {
	at := 13 // after header and logical screen descriptor
	if len(data) > at && data[10]&0x80 != 0 {
		at += 3 << (data[10]&7 + 1)
	}
	for at+3 < len(data) && data[at] == 0x21 { // extension blocks before the first frame
		if data[at+1] == 0xf9 && data[at+3]&1 != 0 {
			data = bytes.Clone(data)
			data[at+3] &^= 1
		}
		for at += 2; at < len(data) && data[at] != 0; {
			at += int(data[at]) + 1
		}
		at++
	}
	return data
}
