package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Expected values are from tf.image.resize(method="bilinear"), which Keras's
// image_dataset_from_directory uses, in TensorFlow 2.18.
func TestResizeIsThatOfKeras(t *testing.T) {
	from := image.NewGray(image.Rect(0, 0, 4, 5))
	copy(from.Pix, []uint8{0, 1, 3, 5, 8, 11, 15, 19, 23, 27, 32, 36, 42, 47, 52, 58, 64, 70, 76, 83})
	part := image.NewGray(image.Rect(0, 0, 9, 9)) // the same with bounds that do not start at the origin
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
			got := resized(img, c.shape, false)
			for i := range got {
				if math.Abs(float64(got[i])-c.want[i]) > 2e-5 {
					t.Errorf("to %v: value %d is %v, want %v", c.shape, i, got[i], c.want[i])
				}
			}
		}
	}
}

// Expected values are from keras.utils's smart_resize, Keras 3.15.
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
		got := resized(c.img, c.shape, true)
		for i := range got {
			if math.Abs(float64(got[i])-c.want[i]) > 2e-5 {
				t.Errorf("%v to %v: value %d is %v, want %v", c.img.Rect, c.shape, i, got[i], c.want[i])
			}
		}
	}
}

// The sampler of any decoded image type returns the same pixels as its At.
func TestPixelsOfEveryKindOfImage(t *testing.T) {
	r := image.Rect(0, 0, 2, 2)
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{9, 8, 7, 255}, color.NRGBA{200, 100, 50, 255}})
	palette.Pix[1] = 1
	deep, grey16 := image.NewNRGBA64(r), image.NewGray16(r)
	deep.SetNRGBA64(1, 0, color.NRGBA64{0x1234, 0xabcd, 0xffff, 0xffff})
	grey16.SetGray16(0, 1, color.Gray16{0x81ff})
	opaque, grey := image.NewRGBA(r), image.NewGray(r)
	opaque.Set(1, 0, color.RGBA{1, 2, 3, 255})
	grey.Set(1, 0, color.Gray{77})
	for _, img := range []image.Image{palette, deep, grey16, opaque, grey} {
		x := resized(img, []int{2, 2, 3}, false)
		for p := range 4 {
			c := color.NRGBAModel.Convert(img.At(p%2, p/2)).(color.NRGBA)
			if got, want := [3]float32(x[3*p:]), [3]float32{float32(c.R), float32(c.G), float32(c.B)}; c.A != 0 && got != want {
				t.Errorf("%T: pixel %d is %v, want %v", img, p, got, want)
			}
		}
	}
}

// Colours under alpha 0 are kept, with 8 and with 16 bits.
func TestAlphaIsDropped(t *testing.T) {
	eight, sixteen := image.NewNRGBA(image.Rect(0, 0, 1, 1)), image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	for _, alpha := range []uint16{0, 0x8080} {
		eight.SetNRGBA(0, 0, color.NRGBA{250, 5, 99, uint8(alpha)})
		sixteen.SetNRGBA64(0, 0, color.NRGBA64{0xfafa, 0x0505, 0x6363, alpha})
		for _, img := range []image.Image{eight, sixteen} {
			var b bytes.Buffer
			if err := png.Encode(&b, img); err != nil {
				t.Fatal(err)
			}
			p, err := Decode(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := p.at(0, 0); got != [3]float32{250, 5, 99} {
				t.Errorf("%T with alpha %d: got %v", img, alpha, got)
			}
			p.Close()
		}
	}
}

func TestOneChannelIsGrey(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.Set(0, 0, color.NRGBA{100, 200, 50, 255})
	x := resized(img, []int{1, 1, 1}, false)
	if want := 0.299*100 + 0.587*200 + 0.114*50; math.Abs(float64(x[0])-want) > 1e-4 {
		t.Errorf("got %v, want %v", x[0], want)
	}
}

// resized returns the resized pixels of an image in memory.
func resized(img image.Image, shape []int, crop bool) []float32 {
	at, from := samplerOf(img), img.Bounds().Min
	p := &Picture{size: img.Bounds().Size(), at: func(x, y int) [3]float32 { return at(x+from.X, y+from.Y) }}
	x := make([]float32, shape[0]*shape[1]*shape[2])
	p.Resize(x, shape, crop)
	return x
}

// The files were written, and decoded to PNG, by bench/interop/photos.py with Pillow's
// libjpeg-turbo and libwebp. Pillow keeps the colour under transparency.
func TestPixelsAreThoseOfPillow(t *testing.T) {
	wants, err := filepath.Glob("testdata/*.want.png")
	if err != nil || len(wants) < 40 {
		t.Fatalf("%d golden files, %v", len(wants), err)
	}
	for _, want := range wants {
		files, _ := filepath.Glob(strings.TrimSuffix(want, "want.png") + "*")
		file := files[slices.IndexFunc(files, func(f string) bool { return f != want })]
		t.Run(filepath.Base(file), func(t *testing.T) {
			most, mean := 0.0, 0.0
			if name := filepath.Base(file); strings.HasPrefix(name, "cmyk") || strings.HasPrefix(name, "ycck") {
				most, mean = 1, 0.6 // Pillow rounds the product with black, we cut it off as TensorFlow does
			}
			a, b := open(t, file), open(t, want)
			mustBeWithin(t, a, b, most, mean)
		})
	}
}

// If this fails, files decode or resize to other pixels than before: raise Version, so that
// cached pixels are not used any more, and enter the new digest.
func TestVersionIsRaisedWhenPixelsChange(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("resizing rounds in another way on " + runtime.GOARCH + "; keys of caches name it")
	}
	files, _ := filepath.Glob("testdata/*.*")
	sum := sha256.New()
	for _, file := range files {
		p := open(t, file)
		for _, crop := range []bool{false, true} {
			x := make([]float32, 7*5*3)
			p.Resize(x, []int{7, 5, 3}, crop)
			for _, v := range x {
				_ = binary.Write(sum, binary.LittleEndian, v)
			}
		}
	}
	if got := fmt.Sprintf("%d %x", Version, sum.Sum(nil)[:8]); got != "3 8f56f6b41661107b" {
		t.Errorf("got %q", got)
	}
}

// The pixels are those of tf.io.decode_image of TensorFlow 2.21, whose default is the fast DCT.
func TestPixelsOfTheFastDCTAreThoseOfTensorFlow(t *testing.T) {
	wants, err := filepath.Glob("testdata/fast/*.png")
	if err != nil || len(wants) < 8 {
		t.Fatalf("%d golden files, %v", len(wants), err)
	}
	for _, want := range wants {
		name := strings.TrimSuffix(filepath.Base(want), ".png") + ".jpg"
		t.Run(name, func(t *testing.T) {
			p, err := Decoder{FastDCT: true}.Decode(readTestdata(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			mustBeWithin(t, p, open(t, want), 0, 0)
		})
	}
}

// mustBeWithin compares the pixels of two pictures.
func mustBeWithin(t *testing.T, a, b *Picture, most, mean float64) {
	t.Helper()
	if a.size != b.size {
		t.Fatalf("size %v, want %v", a.size, b.size)
	}
	farthest, sum := 0.0, 0.0
	for y := range a.size.Y {
		for x := range a.size.X {
			for k := range 3 {
				d := math.Abs(float64(a.at(x, y)[k] - b.at(x, y)[k]))
				farthest, sum = max(farthest, d), sum+d
			}
		}
	}
	if n := float64(3 * a.size.X * a.size.Y); farthest > most || sum/n > mean {
		t.Errorf("at most %v away, %.3f on average", farthest, sum/n)
	}
}

func open(t testing.TB, path string) *Picture {
	t.Helper()
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := (Decoder{}).readHead(b); err == nil && h.bytes > 1<<22 {
			return // within the limit, but slow
		}
		p, err := Decode(b)
		if err != nil {
			return
		}
		defer p.Close()
		for _, shape := range [][]int{{4, 5, 3}, {min(p.size.Y, 40), min(p.size.X, 40), 3}} {
			x := make([]float32, shape[0]*shape[1]*3)
			p.Resize(x, shape, false)
			for _, v := range x {
				if !(v >= 0 && v <= 255) {
					t.Fatalf("pixel %v", v)
				}
			}
		}
	})
}

// Encoders cut off transparent edges of the first frame.
func TestTheFirstFrameOfAWebPIsPlaced(t *testing.T) {
	for _, name := range []string{"webp-lossless.webp", "webp-lossy.webp"} {
		t.Run(name, func(t *testing.T) { mustPlace(t, readTestdata(t, name)) })
	}
}

// mustPlace fails if still, as the first frame of an animation, is not found in its place.
func mustPlace(t *testing.T, still []byte) {
	want, err := Decode(still)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	const left, top, width, height = 4, 2, 40, 50
	uint24 := func(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }
	chunk := func(id string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body))), body...)
	}
	animation := func(width, height int) []byte {
		body := bytes.Join([][]byte{
			[]byte("WEBP"),
			chunk("VP8X", []byte{2, 0, 0, 0}, uint24(width-1), uint24(height-1)),
			chunk("ANIM", make([]byte, 6)),
			chunk("ANMF", uint24(left/2), uint24(top/2), uint24(want.size.X-1), uint24(want.size.Y-1), make([]byte, 4), still[12:]),
		}, nil)
		return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
	}
	got, err := Decode(animation(width, height))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if got.Size() != image.Pt(width, height) {
		t.Fatalf("%v", got.Size())
	}
	for y := range height {
		for x := range width {
			var pixel [3]float32
			if image.Pt(x-left, y-top).In(image.Rectangle{Max: want.size}) {
				pixel = want.at(x-left, y-top)
			}
			if got.at(x, y) != pixel {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got.at(x, y), pixel)
			}
		}
	}
	for _, c := range []image.Point{{want.size.X + left - 1, height}, {1 << 24, 1 << 24}} {
		if _, err := Decode(animation(c.X, c.Y)); err == nil {
			t.Errorf("a canvas of %v: no error", c)
		}
	}
}
