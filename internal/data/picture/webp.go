package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// readWebP decodes the image of a WebP file, the first frame of an animation; pixels outside a
// smaller frame are black, as in a GIF. Its alpha channel, a separate chunk, is skipped.
func readWebP(data []byte) (*head, error) {
	h := &head{}
	kind, frame := "", []byte(nil)
	var canvas, at image.Point // of an animation: its size, and where the frame is
	animated := false
	rest := data[12:]
	for len(rest) >= 8 {
		id, n := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		if n > len(body) && id != "VP8 " && id != "VP8L" { // the decoder reports truncation
			break
		}
		body = body[:min(n, len(body))]
		if id == "VP8X" && len(body) >= 10 {
			canvas = image.Pt(1+uint24(body[4:]), 1+uint24(body[7:]))
		}
		if id == "ANMF" && len(body) > 16 {
			if frame == nil {
				at = image.Pt(2*uint24(body), 2*uint24(body[3:]))
			}
			animated = true
			rest = rest[8+16:] // its chunks follow the frame's position and size
			continue
		}
		switch {
		case id == "EXIF" && h.orientation == 0:
			h.orientation = orientation(body)
		case (id == "VP8 " || id == "VP8L") && frame == nil:
			kind, frame = id, body
		}
		rest = rest[min(len(rest), 8+n+n&1):]
	}
	var err error
	switch kind {
	case "VP8 ":
		err = readVP8(h, frame)
	case "VP8L":
		err = readVP8L(h, frame)
	default:
		err = errors.New("there is no image in it")
	}
	if err == nil && animated {
		err = h.place(at, canvas)
	}
	return h, err
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// place makes h, a frame, a part of a canvas.
func (h *head) place(at, canvas image.Point) error {
	frame, decode := image.Rectangle{at, at.Add(h.size)}, h.decode
	if !frame.In(image.Rectangle{Max: canvas}) {
		return fmt.Errorf("its first frame, %v, is not within %v", frame, canvas)
	}
	h.size = canvas
	h.bytes += 4 * pixels(canvas) // not allocated, but what others need to read it
	h.decode = func() (sampler, error) {
		inner, err := decode()
		return func(x, y int) [3]float32 {
			if !image.Pt(x, y).In(frame) {
				return [3]float32{}
			}
			return inner(x-at.X, y-at.Y)
		}, err
	}
	return nil
}

func readVP8L(h *head, frame []byte) error {
	config, err := vp8l.DecodeConfig(bytes.NewReader(frame))
	if err != nil {
		return err
	}
	h.size = image.Pt(config.Width, config.Height)
	h.bytes = 8 * pixels(h.size) // the image and the data of its transforms
	h.decode = plain(func() (image.Image, error) { return vp8l.Decode(bytes.NewReader(frame)) })
	return nil
}

func readVP8(h *head, frame []byte) error {
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(frame), len(frame))
	f, err := d.DecodeFrameHeader()
	if err != nil {
		return err
	}
	size := image.Pt(f.Width, f.Height)
	h.size, h.bytes = size, 2*pixels(size)
	h.decode = func() (sampler, error) {
		img, err := d.DecodeFrame()
		if err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
		return samplerOfVP8(img, size), nil
	}
	return nil
}

// samplerOfVP8 returns the same pixels as libwebp: chroma interpolated as in a JPEG except
// for its rounding, and Y from 16 to 235 (BT.601) in fixed point, yuv.h.
func samplerOfVP8(img *image.YCbCr, size image.Point) sampler {
	plane := func(pix []uint8, x, y int) int {
		c0, c1 := nearest(x, (size.X+1)/2)
		r0, r1 := nearest(y, (size.Y+1)/2)
		at := func(c, r int) int { return int(pix[r*img.CStride+c]) }
		return (9*at(c0, r0) + 3*at(c1, r0) + 3*at(c0, r1) + at(c1, r1) + 8) >> 4
	}
	clip := func(v int) float32 { return float32(min(max(v>>6, 0), 255)) }
	return func(x, y int) [3]float32 {
		luma := 19077 * int(img.Y[y*img.YStride+x]) >> 8
		u, v := plane(img.Cb, x, y), plane(img.Cr, x, y)
		return [3]float32{
			clip(luma + 26149*v>>8 - 14234),
			clip(luma - 6419*u>>8 - 13320*v>>8 + 8708),
			clip(luma + 33050*u>>8 - 17685),
		}
	}
}
