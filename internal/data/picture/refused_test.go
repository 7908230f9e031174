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
	"slices"
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

// pngHead is a PNG up to the start of its data.
func pngHead(width, height int, depth, colour, interlaced byte) []byte {
	ihdr := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))...)
	ihdr = append(ihdr, depth, colour, 0, 0, interlaced)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(ihdr))
}

// Decompression bombs are rejected from their headers, before memory is allocated for their
// pixels.
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
		"16-bit RGBA":            {padded(pngHead(12000, 12000, 16, 6, 0), 522_000), "too large"},
		"16-bit RGBA interlaced": {padded(pngHead(8191, 8191, 16, 6, 1), 522_000), "too large"},
		"a billion pixels":       {padded(pngHead(1<<30, 1<<30, 8, 2, 0), 100), "PNG"},
		"JPEG of 65535x65535":    {large, "too large"},
		"3,000 scans":            {scans, "has 3000 scans"},
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

// A phone camera's 108 megapixels are accepted, baseline, progressive and as a PNG.
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
			continue
		}
		if _, scanErr := fmt.Sscanf(err.Error(), "damaged: %d%% of its data is there", &percent); scanErr != nil || percent < 85 || percent > 91 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// As libjpeg reads it. A progressive image could have had more scans, and a component without one would be green.
func TestAnImageWithoutItsEndMarkerIsWhole(t *testing.T) {
	for name, data := range map[string][]byte{
		"grey": readTestdata(t, "grey-19x13.jpg"), "color": readTestdata(t, "420-19x13.jpg"), "ink": readTestdata(t, "cmyk-19x13.jpg"), "scans": threeScans(t),
	} {
		want, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		end := bytes.LastIndex(data, []byte{0xff, markEOI})
		got, err := Decode(data[:end])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for y := range want.size.Y {
			for x := range want.size.X {
				if got.at(x, y) != want.at(x, y) {
					t.Fatalf("%s: pixel %d,%d is %v, want %v", name, x, y, got.at(x, y), want.at(x, y))
				}
			}
		}
		if _, err := Decode(data[:end-1]); err == nil {
			t.Errorf("%s: a byte of the image is missing, and there is no error", name)
		}
	}
	progressive, two := readTestdata(t, "420p-19x13.jpg"), threeScans(t)
	f := &jpegFile{data: two}
	if err := f.walk(); err != nil {
		t.Fatal(err)
	}
	one := append(bytes.Clone(two[:f.scans[1].at]), 0xff, markEOI)
	want := "damaged: 33% of its data is there, 1 of its passes over the image (invalid JPEG format: a component has no scan)"
	if _, err := Decode(one); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	for name, data := range map[string][]byte{"progressive": progressive[:len(progressive)-2], "a scan is missing": two[:f.scans[2].at],
		"a scan is missing, with an end": append(bytes.Clone(two[:f.scans[2].at]), 0xff, markEOI)} {
		if _, err := Decode(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A known camera bug: extra bytes before a restart marker, which libjpeg skips. Go's
// decoder does so too, unless they look like a marker.
func TestTooManyBytesBeforeARestart(t *testing.T) {
	good := readTestdata(t, "grey-restart.jpg")
	at := bytes.Index(good, []byte{0xff, markRST0 + 3}) // half of the image
	with := func(more ...byte) (*Picture, error) {
		return Decode(bytes.Join([][]byte{good[:at], bytes.Repeat(more, 607), good[at:]}, nil))
	}
	want := "damaged: 50% of its data is there (invalid JPEG format: bad RST marker)"
	if _, err := with(0xff, markRST0+5); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	p, err := with(0x5a, 0xc3)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	q, err := Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for y := range 64 {
		for x := range 64 {
			if p.at(x, y) != q.at(x, y) {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, p.at(x, y), q.at(x, y))
			}
		}
	}
}

// Only complete scans are counted. The progressive file has the scans of libjpeg's default
// script; the other file has one scan for each of three components.
func TestDamageOfSeveralScansIsMeasured(t *testing.T) {
	progressive := readTestdata(t, "420p-19x13.jpg")
	for name, c := range map[string]struct {
		data []byte
		at   int // index of the truncated scan, from the end
		want string
	}{
		// Of 768 bits per position (three components), the last scan contains 63 of luma's
		// 512.
		"progressive, last":   {progressive, 1, "damaged: 91% of its data is there, 9 of its passes over the image (invalid JPEG format: short Huffman data)"},
		"progressive, first":  {progressive, 10, "damaged: 0% of its data is there, 0 of its passes over the image (invalid JPEG format: short Huffman data)"},
		"sequential, last":    {threeScans(t), 1, "damaged: 66% of its data is there, 2 of its passes over the image (invalid JPEG format: short Huffman data)"},
		"sequential, another": {threeScans(t), 2, "damaged: 33% of its data is there, 1 of its passes over the image (invalid JPEG format: short Huffman data)"},
	} {
		p, err := Decode(c.data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p.Close()
		f := &jpegFile{data: c.data}
		if err := f.walk(); err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(c.data[:f.scans[len(f.scans)-c.at].at+16]); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// threeScans is a sequential JPEG of three components, each in its own scan.
func threeScans(t *testing.T) []byte {
	img := image.NewGray(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i >> 3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	f := &jpegFile{data: b.Bytes()}
	if err := f.walk(); err != nil {
		t.Fatal(err)
	}
	const frame = 2 + 2 + 9 // of one component, with its marker
	head := bytes.Clone(f.data[:f.frame-4])
	head = append(head, 0xff, markSOF0, 0, 17, 8, 0, 32, 0, 32, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	head = append(head, f.data[f.frame-4+frame:f.scans[0].at]...)
	for id := range byte(3) {
		head = append(head, 0xff, markSOS, 0, 8, 1, id+1, 0, 0, 63, 0)
		head = append(head, f.data[f.scans[0].at+10:len(f.data)-2]...)
	}
	return append(head, 0xff, markEOI)
}

// 48 megapixels of white are a PNG of 152 kB, and no bomb.
func TestSmallFilesOfLargeImagesAreRead(t *testing.T) {
	white := image.NewGray(image.Rect(0, 0, 8000, 6000))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, white); err != nil {
		t.Fatal(err)
	}
	p, err := Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x := make([]float32, 2*2*3)
	p.Resize(x, []int{2, 2, 3}, false)
	if b.Len() > 200_000 || slices.ContainsFunc(x, func(v float32) bool { return v != 255 }) {
		t.Errorf("%d bytes, pixels %v", b.Len(), x)
	}
}

// A picture keeps its memory from others until it is closed, since Resize still needs it.
func TestMemoryIsHeldUntilClosed(t *testing.T) {
	data := readTestdata(t, "420-19x13.jpg")
	h, err := Decoder{}.readHead(data)
	if err != nil {
		t.Fatal(err)
	}
	before := inUse.free
	p, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := before-inUse.free, h.bytes+int64(len(data)); got != want {
		t.Errorf("%d bytes are in use, want %d", got, want)
	}
	p.Close()
	p.Close()
	if _, err := Decode(data[:len(data)/2]); err == nil || inUse.free != before {
		t.Errorf("%d bytes are in use at last, %v", before-inUse.free, err)
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
			defer p.Close()
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
