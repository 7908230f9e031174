package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"
)

func TestKindsThatCannotBeReadAreNamed(t *testing.T) {
	for start, want := range map[string]string{
		"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "an HEIC image, which cannot be read; convert it: heif-convert",
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif": "an AVIF image, which cannot be read; convert it: avifdec",
		"\xff\x0aabc":               "a JPEG XL image, which cannot be read; save it as JPEG or PNG",
		"8BPS\x00\x01":              "a Photoshop image",
		"hello":                     "not an image",
		"":                          "not an image",
		"RIFF\x24\x00\x00\x00WAVEf": "not an image",
	} {
		if _, err := Decode([]byte(start)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", start, err, want)
		}
	}
}

// pngHead is a PNG up to where its data would begin.
func pngHead(width, height int, depth, colour, interlaced byte) []byte {
	ihdr := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))...)
	ihdr = append(ihdr, depth, colour, 0, 0, interlaced)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(ihdr))
}

// Bombs are refused by their heads, before a byte of memory is taken for their pixels.
func TestBombsCostNothing(t *testing.T) {
	padded := func(b []byte, n int) []byte { return append(b, make([]byte, n)...) }
	base := readTestdata(t, "420-19x13.jpg")
	scan := bytes.Index(base, []byte{0xff, markSOS})
	scans := append(bytes.Clone(base[:scan]), bytes.Repeat(base[scan:len(base)-2], 3000)...)
	large := bytes.Clone(base)
	f := &jpegFile{data: large}
	if err := f.walk(); err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(large[f.frame+1:], 0xffffffff)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"16-bit RGBA":            {padded(pngHead(8191, 8191, 16, 6, 0), 522_000), "too large"},
		"16-bit RGBA interlaced": {padded(pngHead(8191, 8191, 16, 6, 1), 522_000), "too large"},
		"a billion pixels":       {padded(pngHead(1<<30, 1<<30, 8, 2, 0), 100), "PNG"},
		"JPEG of 65535x65535":    {large, "too large"},
		"3,000 scans":            {scans, "goes 3000 times over the image"},
		"GIF":                    {padded([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), 100), "too large"},
	} {
		begin := time.Now()
		_, err := Decode(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// A telephone's 108 megapixels fit, baseline and progressive, and as a PNG.
func TestPhotosOfTelephonesFit(t *testing.T) {
	for _, progressive := range []bool{false, true} {
		f := &jpegFile{sampling: []byte{0x22, 0x11, 0x11}, progressive: progressive}
		f.size, f.kind = image.Pt(12032, 9024), "JPEG"
		f.bytes = f.memory()
		if err := checkBudget(&f.head, 20_000_000); err != nil {
			t.Errorf("progressive %v: %v", progressive, err)
		}
	}
	h, err := readPNG(pngHead(12032, 9024, 8, 2, 0))
	if err == nil {
		err = checkBudget(h, 100_000_000)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestDamageIsMeasured(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 160, 320), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = uint8(i * i >> 3) // every row of blocks takes about as many bytes
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	head := bytes.Index(whole, []byte{0xff, markSOS})
	cut := whole[:head+(len(whole)-head)*9/10]
	for name, data := range map[string][]byte{"cut": cut, "with an end": append(bytes.Clone(cut), 0xff, markEOI)} {
		_, err := Decode(data)
		var percent int
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if _, scanErr := fmt.Sscanf(err.Error(), "damaged: %d%% of its data is there", &percent); scanErr != nil || percent < 85 || percent > 91 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An inverted byte in the middle of a PNG is found, wherever it is in the data.
func TestInvertedBytesAreFound(t *testing.T) {
	good := readTestdata(t, "png-alpha.png")
	from, to := bytes.Index(good, []byte("IDAT")), len(good)-12
	for i := from; i < to; i++ {
		bad := bytes.Clone(good)
		bad[i] ^= 0xff
		if _, err := Decode(bad); err == nil {
			t.Fatalf("byte %d", i)
		}
	}
}

// EXIF's eight ways, each for a file that shows the same once it is upright.
func TestImagesAreTurnedUpright(t *testing.T) {
	upright := [3][2]uint8{{10, 60}, {110, 160}, {210, 250}}
	for o, stored := range map[int][][]uint8{
		1: {{10, 60}, {110, 160}, {210, 250}},
		2: {{60, 10}, {160, 110}, {250, 210}},
		3: {{250, 210}, {160, 110}, {60, 10}},
		4: {{210, 250}, {110, 160}, {10, 60}},
		5: {{10, 110, 210}, {60, 160, 250}},
		6: {{60, 160, 250}, {10, 110, 210}},
		7: {{250, 160, 60}, {210, 110, 10}},
		8: {{210, 110, 10}, {250, 160, 60}},
	} {
		img := image.NewGray(image.Rect(0, 0, len(stored[0]), len(stored)))
		for y, row := range stored {
			for x, v := range row {
				img.SetGray(x, y, color.Gray{v})
			}
		}
		exif := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(o)) + "\x00\x00\x00\x00\x00\x00")
		little := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(rune(o)) + "\x00\x00\x00\x00\x00\x00\x00")
		for name, data := range map[string][]byte{"PNG": withEXIF(t, img, exif), "PNG little endian": withEXIF(t, img, little), "JPEG": jpegWithEXIF(t, img, exif)} {
			p, err := Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if p.Size() != image.Pt(2, 3) {
				t.Fatalf("%s, orientation %d: size %v", name, o, p.Size())
			}
			for y, row := range upright {
				for x, want := range row {
					if got := p.at(x, y)[0]; got < float32(want)-8 || got > float32(want)+8 {
						t.Errorf("%s, orientation %d: pixel %d,%d is %v, want %v", name, o, x, y, got, want)
					}
				}
			}
		}
	}
}

func withEXIF(t *testing.T, img image.Image, exif []byte) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	const head = 33 // signature and IHDR
	chunk := append([]byte("eXIf"), exif...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
	out := binary.BigEndian.AppendUint32(bytes.Clone(b.Bytes()[:head]), uint32(len(exif)))
	return append(append(out, chunk...), b.Bytes()[head:]...)
}

func jpegWithEXIF(t *testing.T, img image.Image, exif []byte) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	body := append([]byte("Exif\x00\x00"), exif...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, markAPP1}, uint16(len(body)+2))
	return append(append(append(bytes.Clone(b.Bytes()[:2]), segment...), body...), b.Bytes()[2:]...)
}

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
