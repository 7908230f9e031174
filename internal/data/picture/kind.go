package picture

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// HeadLength is the number of bytes of a file that Kind needs.
const HeadLength = 32

// signatures are the first bytes of each kind of file; ? matches any byte.
var signatures = []struct{ kind, start string }{
	{"JPEG", "\xff\xd8\xff"},
	{"PNG", "\x89PNG\r\n\x1a\n"},
	{"GIF", "GIF87a"},
	{"GIF", "GIF89a"},
	{"WebP", "RIFF????WEBP"},
	{"TIFF", "II*\x00"},
	{"TIFF", "MM\x00*"},
	{"BMP", "BM????\x00\x00\x00\x00"},
	{"BigTIFF", "II+\x00"},
	{"BigTIFF", "MM\x00+"},
	{"JPEG XL", "\xff\x0a"},
	{"JPEG XL", "\x00\x00\x00\x0cJXL \r\n\x87\n"},
	{"JPEG 2000", "\x00\x00\x00\x0cjP  \r\n\x87\n"},
	{"JPEG 2000", "\xff\x4f\xff\x51"},
	{"Photoshop", "8BPS"},
}

// Kind returns the image format of a file from its first bytes, including formats that
// cannot be decoded. It returns "" if the file is not an image.
func Kind(data []byte) string {
	for _, s := range signatures {
		if len(data) >= len(s.start) && matches(data, s.start) {
			return s.kind
		}
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" { // ISO/IEC 14496-12: four-letter brands
		for brands := data[8:min(len(data), HeadLength)]; len(brands) >= 4; brands = brands[4:] {
			switch string(brands[:4]) {
			case "avif", "avis":
				return "AVIF"
			case "heic", "heix", "hevc", "hevx", "heim", "heis":
				return "HEIC"
			}
		}
		if slices.Contains([]string{"mif1", "msf1"}, string(data[8:12])) {
			return "HEIC"
		}
	}
	return ""
}

func matches(data []byte, start string) bool {
	for i := range len(start) {
		if start[i] != '?' && start[i] != data[i] {
			return false
		}
	}
	return true
}

// converters are commands that convert unsupported formats to supported ones.
var converters = map[string]string{
	"HEIC": "heif-convert photo.heic photo.jpg, or on a Mac sips -s format jpeg photo.heic --out photo.jpg",
	"AVIF": "avifdec photo.avif photo.png, or magick photo.avif photo.png",
}

// refusal returns the error for a format that is not supported.
func refusal(kind string) error {
	if kind == "" {
		return errors.New("not an image: it begins as none of JPEG, PNG, WebP, BMP, GIF, TIFF does")
	}
	article := "a"
	if strings.ContainsRune("AEIOUH", rune(kind[0])) {
		article = "an"
	}
	how := "save it as JPEG or PNG"
	if with := converters[kind]; with != "" {
		how = "convert it: " + with
	}
	return fmt.Errorf("%s %s image, which cannot be read; %s", article, kind, how)
}
