package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"testing"
)

// withWidth returns a PNG whose head claims another width.
func withWidth(file []byte, width uint32) []byte {
	b := slices.Clone(file)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// The values are those of tf.image.resize(method="bilinear"), which Keras'
// image_dataset_from_directory uses, of TensorFlow 2.18.
func TestResizeIsThatOfKeras(t *testing.T) {
	from := image.NewGray(image.Rect(0, 0, 4, 5))
	copy(from.Pix, []uint8{0, 1, 3, 5, 8, 11, 15, 19, 23, 27, 32, 36, 42, 47, 52, 58, 64, 70, 76, 83})
	part := image.NewGray(image.Rect(0, 0, 9, 9)) // the same away from the origin
	for y := range 5 {
		copy(part.Pix[part.PixOffset(3, y+2):], from.Pix[4*y:4*y+4])
	}
	for _, c := range []struct {
		shape []int
		want  []float64
	}{
		{[]int{5, 4, 1}, []float64{0, 1, 3, 5, 8, 11, 15, 19, 23, 27, 32, 36, 42, 47, 52, 58, 64, 70, 76, 83}},
		{[]int{3, 3, 1}, []float64{2.9444442, 5.6666665, 9.2222223, 23.6666660, 29.5, 35.3333359, 57.6111069, 65.1666641, 73.5555573}},
		{[]int{2, 6, 1}, []float64{6, 7.25, 9.0833334, 11.4166670, 13.75, 15.5, 47.5, 50.125, 53.625, 57.125, 61.125, 64.25}},
		{[]int{8, 6, 1}, []float64{
			0, 0.5, 1.3333335, 2.6666670, 4, 5, 3.5, 4.4375, 5.8541670, 7.7708340, 9.6875, 11.125,
			8.9375, 10.46875, 12.6770840, 15.3854170, 18.0625, 20.0625, 18.3125, 20.15625, 22.78125, 25.90625, 28.6875, 30.6875,
			28.9375, 31.09375, 34.0833321, 37.4166679, 40.5625, 42.875, 40.8125, 43.28125, 46.5833321, 49.9166679, 53.6875, 56.625,
			54.375, 57.15625, 60.8645821, 64.5729141, 68.78125, 72.0625, 64, 67, 71, 75, 79.5, 83}},
	} {
		for _, img := range []image.Image{from, part.SubImage(image.Rect(3, 2, 7, 7))} {
			got := make([]float32, len(c.want))
			resize(got, c.shape, img)
			for i := range got {
				if math.Abs(float64(got[i])-c.want[i]) > 2e-5 {
					t.Errorf("to %v: value %d is %v, want %v", c.shape, i, got[i], c.want[i])
				}
			}
		}
	}
}

// Whatever a decoder returns, the pixels are those of At.
func TestPixelsOfEveryKindOfImage(t *testing.T) {
	r := image.Rect(0, 0, 2, 2)
	ycbcr := image.NewYCbCr(r, image.YCbCrSubsampleRatio444)
	for i := range 4 {
		ycbcr.Y[i], ycbcr.Cb[i], ycbcr.Cr[i] = uint8(60*i), uint8(200-40*i), uint8(90+20*i)
	}
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{9, 8, 7, 255}, color.NRGBA{200, 100, 50, 255}})
	palette.Pix[1] = 1
	deep := image.NewNRGBA64(r)
	deep.SetNRGBA64(1, 0, color.NRGBA64{0x1234, 0xabcd, 0xffff, 0xffff})
	cmyk := image.NewCMYK(r)
	cmyk.Set(1, 0, color.CMYK{10, 200, 30, 40})
	opaque, gray := image.NewRGBA(r), image.NewGray(r)
	opaque.Set(1, 0, color.RGBA{1, 2, 3, 255})
	gray.Set(1, 0, color.Gray{77})
	for _, img := range []image.Image{ycbcr, palette, deep, cmyk, opaque, gray} {
		x := make([]float32, 2*2*3)
		resize(x, []int{2, 2, 3}, img)
		for p := range 4 {
			c := color.NRGBAModel.Convert(img.At(p%2, p/2)).(color.NRGBA)
			if c.A == 0 {
				continue
			}
			if got, want := [3]float32(x[3*p:]), [3]float32{float32(c.R), float32(c.G), float32(c.B)}; got != want {
				t.Errorf("%T: pixel %d is %v, want %v", img, p, got, want)
			}
		}
	}
}

func TestAlphaIsDropped(t *testing.T) {
	b := encoded(t, 3, 3, color.NRGBA{200, 100, 50, 128}, false)
	img, err := decodeImage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 3)
	resize(x, []int{1, 1, 3}, img)
	if want := []float32{200, 100, 50}; !slices.Equal(x, want) {
		t.Errorf("got %v, want %v", x, want)
	}
}

func TestOneChannelIsGrey(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.Set(0, 0, color.NRGBA{100, 200, 50, 255})
	x := make([]float32, 1)
	resize(x, []int{1, 1, 1}, img)
	if want := 0.299*100 + 0.587*200 + 0.114*50; math.Abs(float64(x[0])-want) > 1e-4 {
		t.Errorf("got %v, want %v", x[0], want)
	}
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(encoded(f, 5, 3, color.NRGBA{1, 2, 3, 255}, false))
	f.Add(encoded(f, 5, 3, color.NRGBA{1, 2, 3, 255}, true))
	var gray bytes.Buffer
	_ = png.Encode(&gray, image.NewGray16(image.Rect(0, 0, 4, 4)))
	f.Add(gray.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if size, err := decodeSize(bytes.NewReader(b)); err == nil && size.X*size.Y > 1<<20 {
			return // allowed, but slow
		}
		img, err := decodeImage(bytes.NewReader(b))
		if err != nil {
			return
		}
		x := make([]float32, 4*5*3)
		resize(x, []int{4, 5, 3}, img)
		for _, v := range x {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("pixel %v", v)
			}
		}
	})
}
