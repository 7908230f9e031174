package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
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
			resize(got, c.shape, img, img.Bounds())
			for i := range got {
				if math.Abs(float64(got[i])-c.want[i]) > 2e-5 {
					t.Errorf("to %v: value %d is %v, want %v", c.shape, i, got[i], c.want[i])
				}
			}
		}
	}
}

// The values are those of keras.utils's smart_resize, of Keras 3.15.
func TestCroppingIsThatOfKeras(t *testing.T) {
	tall := image.NewGray(image.Rect(0, 0, 4, 5))
	copy(tall.Pix, []uint8{0, 1, 3, 5, 8, 11, 15, 19, 23, 27, 32, 36, 42, 47, 52, 58, 64, 70, 76, 83})
	wide := image.NewGray(image.Rect(0, 0, 7, 2))
	copy(wide.Pix, []uint8{0, 1, 3, 5, 8, 11, 15, 19, 23, 27, 32, 36, 42, 47})
	for _, c := range []struct {
		img   *image.Gray
		shape []int
		want  []float64
	}{
		{tall, []int{3, 3, 1}, []float64{1.5555556, 3.8333333, 6.9444451, 16.0833321, 21.25, 26.8333359, 39.6388931, 46.1666718, 53.3888931}},
		{tall, []int{2, 6, 1}, []float64{23, 25, 27.8333340, 31.1666679, 34, 36, 23, 25, 27.8333340, 31.1666679, 34, 36}},
		{tall, []int{1, 5, 1}, []float64{23, 25.7999992, 29.5, 33.2000008, 36}},
		{wide, []int{2, 2, 1}, []float64{3, 5, 27, 32}},
		{wide, []int{3, 2, 1}, []float64{5, 5, 18.5, 18.5, 32, 32}},
		{wide, []int{1, 3, 1}, []float64{10.75, 16.75, 24.25}},
	} {
		got := make([]float32, len(c.want))
		resize(got, c.shape, c.img, centre(c.img.Bounds(), c.shape))
		for i := range got {
			if math.Abs(float64(got[i])-c.want[i]) > 2e-5 {
				t.Errorf("%v to %v: value %d is %v, want %v", c.img.Rect, c.shape, i, got[i], c.want[i])
			}
		}
	}
}

// A folder's images and one given by itself are prepared alike.
func TestCroppingIsAnOption(t *testing.T) {
	dir := t.TempDir()
	img := image.NewGray(image.Rect(0, 0, 8, 2)) // black, with white away from the centre
	img.SetGray(1, 0, color.Gray{255})
	img.SetGray(6, 1, color.Gray{255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"a", "b"} {
		write(t, filepath.Join(dir, class, "1.png"), b.Bytes())
	}
	shape := []int{2, 2, 1}
	for _, crop := range []bool{false, true} {
		set := &imageFolder{path: dir, crop: crop}
		d := mustLoad(t, set, Source{Input: shape})
		x, y := make([]float32, 4), make([]float32, 4)
		if err := errors.Join(d.Train.Image(x, 0), ReadImage(set, y, shape, filepath.Join(dir, "a", "1.png"))); err != nil {
			t.Fatal(err)
		}
		if black := slices.Max(x) == 0; black != crop || !slices.Equal(x, y) {
			t.Errorf("crop %v: %v of the folder, %v alone", crop, x, y)
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
		resize(x, []int{2, 2, 3}, img, img.Bounds())
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
	resize(x, []int{1, 1, 3}, img, img.Bounds())
	if want := []float32{200, 100, 50}; !slices.Equal(x, want) {
		t.Errorf("got %v, want %v", x, want)
	}
}

func TestOneChannelIsGrey(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.Set(0, 0, color.NRGBA{100, 200, 50, 255})
	x := make([]float32, 1)
	resize(x, []int{1, 1, 1}, img, img.Bounds())
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
		resize(x, []int{4, 5, 3}, img, img.Bounds())
		for _, v := range x {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("pixel %v", v)
			}
		}
	})
}
