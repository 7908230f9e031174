package plot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/go-text/typesetting/fontscan"
)

// boxFont returns a TrueType font, of 1000 units per em, whose glyph of each rune is a
// square of 800 on the baseline with an advance of 1000.
func boxFont(runes ...rune) []byte {
	slices.Sort(runes)
	be := func(values ...any) []byte {
		var b bytes.Buffer
		for _, v := range values {
			if err := binary.Write(&b, binary.BigEndian, v); err != nil {
				panic(err)
			}
		}
		return b.Bytes()
	}
	glyphs := uint16(len(runes) + 1)
	square := be(int16(1), []int16{100, 0, 900, 800}, // one contour and its bounding box
		uint16(3), uint16(0), []byte{1, 1, 1, 1}, // four points on the curve, no instructions
		[]int16{100, 800, 0, -800}, []int16{0, 0, 800, 0})
	var glyf, loca, hmtx []byte
	for range glyphs {
		loca = append(loca, be(uint32(len(glyf)))...)
		glyf = append(glyf, square...)
		hmtx = append(hmtx, be(uint16(1000), int16(100))...)
	}
	loca = append(loca, be(uint32(len(glyf)))...)
	cmap := be([]uint16{0, 1, 3, 10}, uint32(12), // one table, for Unicode, at offset 12
		[]uint16{12, 0}, []uint32{uint32(16 + 12*len(runes)), 0, uint32(len(runes))})
	for i, r := range runes {
		cmap = append(cmap, be([]uint32{uint32(r), uint32(r), uint32(i + 1)})...)
	}
	tables := []struct {
		tag  string
		data []byte
	}{
		{"cmap", cmap},
		{"glyf", glyf},
		{"head", be(uint32(0x10000), uint32(0x10000), uint32(0), uint32(0x5f0f3cf5), uint16(0), uint16(1000),
			uint64(0), uint64(0), []int16{0, 0, 1000, 1000}, []uint16{0, 8, 2, 1, 0})},
		{"hhea", be(uint32(0x10000), []int16{800, -200, 0, 1000, 100, 100, 900, 1, 0, 0, 0, 0, 0, 0, 0}, glyphs)},
		{"hmtx", hmtx},
		{"loca", loca},
		{"maxp", be(uint32(0x10000), glyphs, make([]uint16, 13))},
	}
	font := be(uint32(0x10000), []uint16{uint16(len(tables)), 0, 0, 0})
	at := len(font) + 16*len(tables)
	var body []byte
	for _, t := range tables {
		font = append(font, be([]byte(t.tag), []uint32{0, uint32(at + len(body)), uint32(len(t.data))})...)
		body = append(body, t.data...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	return append(font, body...)
}

// withSystemFont makes a font that has runes the only system font that is found.
func withSystemFont(t *testing.T, runes ...rune) {
	t.Helper()
	system := fontscan.NewFontMap(silent{})
	if len(runes) > 0 {
		if err := system.AddFont(bytes.NewReader(boxFont(runes...)), "boxes", "boxes"); err != nil {
			t.Fatal(err)
		}
	}
	before := shaper.fonts
	shaper.fonts = fonts{system: system, searched: true}
	t.Cleanup(func() { shaper.fonts = before })
}

func TestWhatTheEmbeddedFontLacksIsOfTheSystem(t *testing.T) {
	withSystemFont(t, '가', '나')
	line := shape("가a나")
	if len(line.glyphs) != 3 || line.glyphs[0].face == embedded() || line.glyphs[1].face != embedded() || line.glyphs[2].face != line.glyphs[0].face {
		t.Fatalf("got %+v", line.glyphs)
	}
	want := 2 + float64(textWidth(1000, "a"))/1000
	if got := line.width; got < want-0.002 || got > want+0.002 {
		t.Errorf("%v wide, want two squares and an a: %v", got, want)
	}
	p := inkOf(t, &Picture{func() drawing {
		return drawing{100, 100, func(c *canvas) { c.text(10, 50, 50, left, ink, "가") }}
	}})
	if w, h := p.Dx(), p.Dy(); w != 80 || h < 80 || h > 81 || p.Min.X != 30 { // 0.8 and 0.1 of 50 points, two pixels each
		t.Errorf("drawn in %v", p)
	}
	if missing := Missing(); missing != nil {
		t.Errorf("missing: %q", missing)
	}
}

func TestWhatNoFontHasIsABoxAndToldOnce(t *testing.T) {
	withSystemFont(t, '가')
	for range 2 {
		p := &Picture{func() drawing {
			return drawing{100, 100, func(c *canvas) { c.text(10, 50, 20, left, ink, "나다나") }}
		}}
		if ink := inkOf(t, p); ink.Dx() < 60 {
			t.Errorf("drawn in %v", ink)
		}
		if err := p.Write(t.Context(), &bytes.Buffer{}, SVG); err != nil {
			t.Error(err)
		}
	}
	told := ""
	for range 2 {
		TellMissing(func(format string, args ...any) { told += fmt.Sprintf(format, args...) })
	}
	if want := "no font here has 나다, which pictures show as boxes; install one that does, such as Noto"; told != want {
		t.Errorf("told %q, want %q once", told, want)
	}
	if narrow, wide := shape("ሀ").width, shape("나").width; narrow != missingWidth || wide != 2*missingWidth {
		t.Errorf("%v and %v wide", narrow, wide)
	}
}

func TestSystemIsSearchedForNothingThatIsEmbedded(t *testing.T) {
	before := shaper.fonts
	shaper.fonts = fonts{}
	defer func() { shaper.fonts = before }()
	for _, s := range []string{"cat", "mañana", "Собака", "γάτα", "חתול", "e\u0301", "a…b — c", "tab\tand \x1b[2J"} {
		inkOf(t, Confusion([]string{s, s}, [][]int{{1, 2}, {3, 4}}))
		if shaper.searched {
			t.Fatalf("searched for %q", s)
		}
	}
}

func TestRightToLeft(t *testing.T) {
	withSystemFont(t)
	first, second := shape("א").glyphs[0].id, shape("ב").glyphs[0].id
	for s, want := range map[string][]rune{"אב": {'ב', 'א'}, "אב 1": {'1', ' ', 'ב', 'א'}, "a אב": {'a', ' ', 'ב', 'א'}} {
		line := shape(s)
		if len(line.glyphs) != len(want) {
			t.Fatalf("%q: %d glyphs", s, len(line.glyphs))
		}
		for i, g := range line.glyphs {
			if (g.id == first) != (want[i] == 'א') || (g.id == second) != (want[i] == 'ב') {
				t.Errorf("%q: glyph %d is not %c", s, i, want[i])
			}
			if i > 0 && g.x <= line.glyphs[i-1].x {
				t.Errorf("%q: glyph %d does not stand to the right of the one before", s, i)
			}
		}
	}
}

func TestVisible(t *testing.T) {
	long := string(bytes.Repeat([]byte("ü"), maxText))
	for s, want := range map[string]string{
		"cat":             "cat",
		"고양이":             "고양이",
		"a\nb\tc":         `a\nb\tc`,
		"\x1b[2J\x07":     `\x1b[2J\a`,
		"\xb0\xed cat":    `\xb0\xed cat`,
		"\ufffd":          "\ufffd",
		"x\u202egpj.y":    `x\u202egpj.y`,
		"a\u2028b":        `a\u2028b`,
		"'quoted'":        "'quoted'",
		"👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
		long:              long,
		long + "x":        long + "…",
	} {
		if got := visible(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"cat", "고양이 1", "קטה 1 dog", "e\u0301\u0301", "\xff\n", "👨\u200d👩\u200d👧", "\u0600\u06dd", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		withSystemFont(t, '가', 'ق')
		if w := textWidth(textSize, shorten(textSize, 40, s)); w > 40 {
			t.Errorf("%q: %v wide", s, w)
		}
		p := &Picture{func() drawing {
			return drawing{60, 20, func(c *canvas) { c.text(30, 10, textSize, centre, ink, s) }}
		}}
		for _, f := range []Format{PNG, SVG} {
			if err := p.Write(t.Context(), &bytes.Buffer{}, f); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func TestIndexOfFontsNeedsAFolderThatCanBeWritten(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the variables are those of Linux")
	}
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	dir, err := indexDir()
	if want := filepath.Join(cache, "cnntrain", "fonts"); dir != want || err != nil {
		t.Errorf("%s, %v", dir, err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("left in it: %v, %v", left, err)
	}
	file := filepath.Join(cache, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	if dir, err := indexDir(); err == nil {
		t.Errorf("%s is below a file", dir)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if dir, err := indexDir(); err == nil {
		t.Errorf("%s without HOME", dir)
	}
}
