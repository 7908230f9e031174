package dataset

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats that image.Decode knows
	_ "image/png"
	"io"
	"os"
)

// maxPixels is the largest image that is decoded, 67 megapixels: a small file can
// claim to be of any size.
const maxPixels = 1 << 26

// readImage decodes a PNG or JPEG file. An error names the file.
func readImage(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	img, err := decodeImage(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

// imageSize returns width and height of an image file.
func imageSize(path string) (image.Point, error) {
	file, err := os.Open(path)
	if err != nil {
		return image.Point{}, err
	}
	defer file.Close()
	size, err := decodeSize(file)
	if err != nil {
		return image.Point{}, fmt.Errorf("%s: %w", path, err)
	}
	return size, nil
}

func decodeImage(file io.ReadSeeker) (image.Image, error) {
	if _, err := decodeSize(file); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("damaged image: %w", err)
	}
	return img, nil
}

// decodeSize reads the head of an image.
func decodeSize(file io.Reader) (image.Point, error) {
	head, format, err := image.DecodeConfig(bufio.NewReader(file))
	switch {
	case err != nil:
		return image.Point{}, fmt.Errorf("not a PNG or JPEG image: %w", err)
	case format != "png" && format != "jpeg": // other packages may make more known
		return image.Point{}, fmt.Errorf("not a PNG or JPEG image but a %s", format)
	case head.Width < 1 || head.Height < 1:
		return image.Point{}, fmt.Errorf("an image of %dx%d has no pixels", head.Width, head.Height)
	case head.Width > maxPixels/head.Height:
		return image.Point{}, fmt.Errorf("an image of %dx%d is too large, at most %d pixels are read", head.Width, head.Height, maxPixels)
	}
	return image.Point{X: head.Width, Y: head.Height}, nil
}

// A sampler returns red, green and blue of a pixel, 0 to 255, as if it were
// opaque: Keras drops the alpha channel too.
type sampler func(x, y int) [3]float32

// samplerOf avoids the slow At for what the decoders usually return.
func samplerOf(img image.Image) sampler {
	switch img := img.(type) {
	case *image.YCbCr:
		return func(x, y int) [3]float32 {
			c := img.COffset(x, y)
			r, g, b := color.YCbCrToRGB(img.Y[img.YOffset(x, y)], img.Cb[c], img.Cr[c])
			return [3]float32{float32(r), float32(g), float32(b)}
		}
	case *image.NRGBA:
		return func(x, y int) [3]float32 { return rgb(img.Pix[img.PixOffset(x, y):]) }
	case *image.RGBA: // from the PNG decoder only where all is opaque
		return func(x, y int) [3]float32 { return rgb(img.Pix[img.PixOffset(x, y):]) }
	case *image.Gray:
		return func(x, y int) [3]float32 {
			v := float32(img.Pix[img.PixOffset(x, y)])
			return [3]float32{v, v, v}
		}
	}
	return func(x, y int) [3]float32 {
		c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
		return [3]float32{float32(c.R), float32(c.G), float32(c.B)}
	}
}

func rgb(p []uint8) [3]float32 { return [3]float32{float32(p[0]), float32(p[1]), float32(p[2])} }

// centre returns the largest part of an image in its centre that has the proportions
// of shape [H,W,C], as Keras's smart_resize does.
func centre(r image.Rectangle, shape []int) image.Rectangle {
	height := max(1, min(r.Dy(), r.Dx()*shape[0]/shape[1]))
	width := max(1, min(r.Dx(), r.Dy()*shape[1]/shape[0]))
	from := r.Min.Add(image.Pt((r.Dx()-width)/2, (r.Dy()-height)/2))
	return image.Rectangle{from, from.Add(image.Pt(width, height))}
}

// resize writes a part of img to dst, [H,W,C] with C 1 or 3. As tf.image.resize and
// Keras do it, the centre of an output pixel lies between four pixels of the part,
// whose values are mixed by distance; a smaller image is not blurred first.
func resize(dst []float32, shape []int, img image.Image, part image.Rectangle) {
	height, width, channels := shape[0], shape[1], shape[2]
	at := samplerOf(img)
	for y := range height {
		y0, y1, fy := between(y, height, part.Min.Y, part.Max.Y)
		for x := range width {
			x0, x1, fx := between(x, width, part.Min.X, part.Max.X)
			upper, lower := mix(at(x0, y0), at(x1, y0), fx), mix(at(x0, y1), at(x1, y1), fx)
			pixel := mix(upper, lower, fy)
			out := dst[(y*width+x)*channels:][:channels]
			if copy(out, pixel[:]); channels == 1 {
				out[0] = 0.299*pixel[0] + 0.587*pixel[1] + 0.114*pixel[2]
			}
		}
	}
}

// between returns the two positions from low up to, not including, high that the
// centre of output position i of n lies between, and how near it is to the second.
func between(i, n, low, high int) (first, second int, share float32) {
	at := (float32(i)+0.5)*(float32(high-low)/float32(n)) - 0.5
	floor := int(at+1) - 1 // at is at least -0.5
	share = at - float32(floor)
	return low + max(floor, 0), min(low+floor+1, high-1), share
}

func mix(a, b [3]float32, share float32) [3]float32 {
	for k := range a {
		a[k] += (b[k] - a[k]) * share
	}
	return a
}
