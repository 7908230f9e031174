package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"os"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Version changes whenever a file may decode or resize to other pixels than before, or to any. Cached
// pixels and faults of another version are not used.
const Version = 3

// A Picture is a decoded image, rotated as its EXIF orientation says. The caller of Open or
// Decode must close it.
type Picture struct {
	size  image.Point // after rotation
	at    sampler     // size after rotation
	bytes int64       // bytes reserved in inUse
}

// Close releases the memory reserved for p. p must not be used afterwards.
func (p *Picture) Close() {
	inUse.give(p.bytes)
	*p = Picture{}
}

// A sampler returns red, green and blue of a pixel, 0 to 255. Alpha is ignored, as in
// Keras.
type sampler func(x, y int) [3]float32

// A head is what the header of an image declares.
type head struct {
	kind        string
	size        image.Point // as stored
	bytes       int64       // memory for decoding, without the file itself
	orientation int         // EXIF orientation, 1 to 8
	decode      func() (sampler, error)
}

// Open decodes an image file. Errors of the operating system are *fs.PathErrors; all other
// errors are about the content and name the file.
func Open(path string) (*Picture, error) {
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	p, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// SizeOf returns width and height of an image file after rotation.
func SizeOf(path string) (image.Point, error) {
	data, err := Read(path)
	if err != nil {
		return image.Point{}, err
	}
	h, err := Decoder{}.readHead(data)
	if err != nil {
		return image.Point{}, fmt.Errorf("%s: %w", path, err)
	}
	return upright(h.size, h.orientation), nil
}

// Read reads an image file that is to be decoded. Errors are as those of Open.
func Read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file", path)
	case info.Size() > maxBytes:
		return nil, fmt.Errorf("%s: a file of %d MB is too large for an image", path, info.Size()/1e6)
	}
	return os.ReadFile(path)
}

// Decode decodes an image in memory. The first bytes decide the format. It blocks until
// there is memory: all open Pictures together are limited to maxBytes.
func Decode(data []byte) (*Picture, error) { return Decoder{}.Decode(data) }

// A Decoder decodes images in one of several ways.
type Decoder struct {
	// FastDCT selects the inverse DCT of JPEGs that TensorFlow uses by default, libjpeg's
	// JDCT_IFAST, instead of the accurate one of Pillow and PyTorch.
	FastDCT bool
}

// Decode is the function [Decode] with d's settings.
func (d Decoder) Decode(data []byte) (*Picture, error) {
	h, err := d.readHead(data)
	if err != nil {
		return nil, err
	}
	need := h.bytes + int64(len(data))
	inUse.take(need)
	at, err := guard(h.decode)
	if err != nil {
		inUse.give(need)
		return nil, err
	}
	return &Picture{upright(h.size, h.orientation), turn(at, h.size, h.orientation), need}, nil
}

// readHead parses the header of an image, and rejects one that would take too much memory.
func (d Decoder) readHead(data []byte) (*head, error) {
	kind := Kind(data)
	readers := map[string]func([]byte) (*head, error){
		"JPEG": d.readJPEG, "PNG": readPNG, "GIF": readGIF, "BMP": readBMP, "TIFF": readTIFF, "WebP": readWebP,
	}
	if readers[kind] == nil {
		return nil, refusal(kind)
	}
	h, err := readers[kind](data)
	if err != nil {
		return nil, fmt.Errorf("damaged %s image: %w", kind, err)
	}
	h.kind = kind
	if h.size.X < 1 || h.size.Y < 1 {
		return nil, fmt.Errorf("damaged %s image: it has %dx%d pixels", kind, h.size.X, h.size.Y)
	}
	return h, checkBudget(h, int64(len(data)))
}

// plain returns the decode function of a format whose pixels image.Image represents
// exactly.
func plain(decode func() (image.Image, error)) func() (sampler, error) {
	return func() (sampler, error) {
		img, err := decode()
		if err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
		return samplerOf(img), nil
	}
}

func readPNG(data []byte) (*head, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := &head{size: image.Pt(config.Width, config.Height), orientation: orientation(chunkOfPNG(data, "eXIf"))}
	h.decode = plain(func() (image.Image, error) { return png.Decode(bytes.NewReader(data)) })
	depth, interlaced := int64(data[24]), data[28] != 0 // the IHDR chunk, which DecodeConfig has read
	h.bytes = pixels(h.size) * 4 * max(1, depth/8)
	if interlaced {
		h.bytes *= 2 // each interlace pass is decoded as an image of its own
	}
	return h, nil
}

// readGIF decodes the first frame. Transparent pixels keep their colour, as in TensorFlow
// and Pillow; pixels outside a smaller frame are black.
func readGIF(data []byte) (*head, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := &head{size: image.Pt(config.Width, config.Height)}
	h.bytes = pixels(h.size)
	h.decode = func() (sampler, error) {
		img, err := gif.Decode(bytes.NewReader(opaqueGIF(data)))
		if err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
		at, frame := samplerOf(img), img.Bounds()
		return func(x, y int) [3]float32 {
			if !image.Pt(x, y).In(frame) {
				return [3]float32{}
			}
			return at(x, y)
		}, nil
	}
	return h, nil
}

func readBMP(data []byte) (*head, error) {
	config, err := bmp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := &head{size: image.Pt(config.Width, config.Height)}
	h.bytes = 4 * pixels(h.size)
	h.decode = plain(func() (image.Image, error) { return bmp.Decode(bytes.NewReader(data)) })
	return h, nil
}

func readTIFF(data []byte) (*head, error) {
	config, err := tiff.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := &head{size: image.Pt(config.Width, config.Height), orientation: orientation(data)}
	h.bytes = 8 * pixels(h.size)
	h.decode = plain(func() (image.Image, error) { return tiff.Decode(bytes.NewReader(data)) })
	return h, nil
}

func pixels(size image.Point) int64 { return int64(size.X) * int64(size.Y) }
