package plot

import (
	"math"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"cnntrain/internal/words"
)

// maxText is the number of characters after which text is truncated.
const maxText = 500

// handler measures and draws the text of all pictures.
var handler = writer{text.Plain{Fonts: font.DefaultCache}}

// A writer writes text in the embedded font, with system fonts for missing characters. A
// text is one line.
type writer struct{ text.Plain }

func (w writer) Lines(s string) []string { return []string{visible(s)} }

func (w writer) Box(s string, f font.Font) (width, height, depth vg.Length) {
	width, height, depth = w.Plain.Box(s, f)
	if s = visible(s); !simple(s) {
		line := shape(s)
		width = vg.Length(line.width) * f.Size
	}
	return width, height, depth
}

func (w writer) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	if s = visible(s); simple(s) {
		w.Plain.Draw(c, s, style, at)
		return
	}
	for on, ok := c.(*draw.Canvas); ok; on, ok = c.(*draw.Canvas) {
		c = on.Canvas
	}
	_, isSVG := c.(*vgsvg.Canvas)
	line := shape(s)
	if style.Rotation != 0 {
		c.Push()
		c.Rotate(style.Rotation)
		defer c.Pop()
	}
	face := w.Fonts.Lookup(style.Font, style.Font.Size)
	sin, cos := math.Sincos(style.Rotation)
	origin := vg.Point{ // as Plain does for one line
		X: at.Y*vg.Length(sin) + at.X*vg.Length(cos) + vg.Length(style.XAlign)*vg.Length(line.width)*style.Font.Size,
		Y: at.Y*vg.Length(cos) - at.X*vg.Length(sin) + vg.Length(style.YAlign)*style.Height(s) - face.Extents().Ascent + style.Font.Size,
	}
	c.SetColor(style.Color)
	if isSVG { // the viewer has fonts too, and text stays searchable
		c.FillString(face, origin, s)
		return
	}
	line.draw(c, origin, style.Font.Size)
}

// visible returns s as words.OneLine does, and truncates it after maxText characters.
func visible(s string) string {
	s = words.OneLine(s)
	n := 0
	for i := range s {
		if n++; n > maxText {
			return s[:i] + "…"
		}
	}
	return s
}

// simple reports whether gonum can write s: the embedded font has all characters, and they
// are written left to right without combining.
func simple(s string) bool {
	for _, r := range s {
		if r >= 0x300 && (unicode.In(r, unicode.M, unicode.Cf, unicode.Hebrew, unicode.Arabic) || !embeddedHas(r)) {
			return false
		}
	}
	return true
}

// textStyle is the style of all text, vertically centred.
func textStyle(size vg.Length, align text.XAlignment) text.Style {
	return text.Style{
		Font: font.From(plot.DefaultFont, size), Handler: handler,
		XAlign: align, YAlign: -0.4, // half the x-height
	}
}

// textWidth returns the width of s.
func textWidth(size vg.Length, s string) vg.Length { return textStyle(size, left).Width(s) }

// widest returns the width of the widest of names, at most limit.
func widest(size, limit vg.Length, names []string) (w vg.Length) {
	for _, n := range names {
		if w = max(w, textWidth(size, n)); w >= limit {
			return limit
		}
	}
	return w
}

// shorten truncates s to a width, between grapheme clusters.
func shorten(size, width vg.Length, s string) string {
	s = visible(s)
	if textWidth(size, s) <= width {
		return s
	}
	ends := []int{0} // width of each prefix of s
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		ends = append(ends, ends[len(ends)-1]+len(g.Value()))
	}
	fits, tooLong := 0, len(ends)
	for tooLong-fits > 1 {
		middle := (fits + tooLong) / 2
		if textWidth(size, s[:ends[middle]]+"…") <= width {
			fits = middle
		} else {
			tooLong = middle
		}
	}
	return s[:ends[fits]] + "…"
}

// lastPart is the number of characters of a file's name that fit beside an image.
const lastPart = 26

// LastPart returns the end of a file's name, which tells it from others.
func LastPart(file string) string {
	runes := []rune(visible(file))
	if len(runes) <= lastPart {
		return file
	}
	return "…" + string(runes[len(runes)-lastPart+1:])
}
