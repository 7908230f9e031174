package plot

import (
	"bytes"
	"cmp"
	"image"
	_ "image/png" // the format of colour fonts
	"slices"
	"sync"

	"github.com/clipperhouse/displaywidth"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
	"gonum.org/v1/plot/vg"
)

// A shaped line is a sequence of glyphs from left to right. Lengths are in units of the
// font size.
type shaped struct {
	glyphs  []glyph
	width   float64
	missing []rune // characters that no font has
}

// A glyph is placed at x and y, relative to its line's left end and baseline. Its bounding
// box has the given size and starts at dx and dy.
type glyph struct {
	face                *font.Face
	id                  font.GID
	x, y                float64
	dx, dy, wide, upped float64
}

// shapeSize is the font size for shaping: lengths are fixed-point numbers of 26+6 bits,
// which suffices for maxText characters.
const shapeSize = 1024

// shaper shapes text. Its lock is held whenever a face is used, because faces have caches.
var shaper struct {
	sync.Mutex
	fonts
	segmenter shaping.Segmenter
	shaping.HarfbuzzShaper
	order shaping.LineWrapper
}

// shape lays out the glyphs of s in visual order, with contextual forms.
func shape(s string) (line shaped) {
	shaper.Lock()
	defer shaper.Unlock()
	runes := []rune(s)
	whole := shaping.Input{Text: runes, RunEnd: len(runes), Size: fixed.I(shapeSize), Direction: direction(s)}
	var runs []shaping.Output
	for _, run := range shaper.segmenter.Split(whole, &shaper.fonts) {
		runs = append(runs, shaper.Shape(run))
	}
	const endless = 1<<25 - 1
	lines, _ := shaper.order.WrapParagraph(shaping.WrapConfig{Direction: whole.Direction, DisableTrailingWhitespaceTrim: true},
		endless, runes, shaping.NewSliceIterator(runs))
	for _, runs := range lines {
		runs = slices.Clone(runs)
		slices.SortFunc(runs, func(a, b shaping.Output) int { return cmp.Compare(a.VisualIndex, b.VisualIndex) })
		for i := range runs {
			line.add(&runs[i], runes)
		}
	}
	return line
}

// direction is right to left if there are only right-to-left characters.
func direction(s string) di.Direction {
	rightToLeft := false
	for _, r := range s {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			rightToLeft = true
		}
	}
	if rightToLeft {
		return di.DirectionRTL
	}
	return di.DirectionLTR
}

// em converts a length from shaping to units of the font size.
func em(l fixed.Int26_6) float64 { return float64(l) / 64 / shapeSize }

// missingWidth is the width of a missing character, per column that it takes in a terminal.
const missingWidth = 0.6

// add appends the glyphs of a run, of a text of runes, to the line.
func (l *shaped) add(run *shaping.Output, runes []rune) {
	for _, g := range run.Glyphs {
		l.glyphs = append(l.glyphs, glyph{
			run.Face, g.GlyphID, l.width + em(g.XOffset), em(g.YOffset),
			em(g.XBearing), em(g.YBearing + g.Height), em(g.Width), em(-g.Height),
		})
		if g.GlyphID > 0 {
			l.width += em(g.Advance)
			continue
		}
		r := runes[g.TextIndex()]
		l.missing = append(l.missing, r)
		l.width += missingWidth * float64(max(displaywidth.Rune(r), 1))
	}
}

// draw fills the glyphs of a line that starts at a point.
func (l *shaped) draw(c vg.Canvas, at vg.Point, size vg.Length) {
	shaper.Lock()
	defer shaper.Unlock()
	shaper.note(l.missing)
	for i := range l.glyphs {
		g := &l.glyphs[i]
		at := vg.Point{X: at.X + vg.Length(g.x)*size, Y: at.Y + vg.Length(g.y)*size}
		if outline, ok := g.face.GlyphDataOutline(g.id); ok {
			c.Fill(pathOf(&outline, at, size/vg.Length(g.face.Upem())))
		} else if img := g.bitmap(); img != nil {
			at = at.Add(vg.Point{X: vg.Length(g.dx) * size, Y: vg.Length(g.dy) * size})
			c.DrawImage(vg.Rectangle{Min: at, Max: at.Add(vg.Point{X: vg.Length(g.wide) * size, Y: vg.Length(g.upped) * size})}, img)
		}
	}
}

// pathOf returns the outline of a glyph at a point, scaled.
func pathOf(outline *font.GlyphOutline, at vg.Point, scale vg.Length) (path vg.Path) {
	point := func(p opentype.SegmentPoint) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)*scale, Y: at.Y + vg.Length(p.Y)*scale}
	}
	for _, s := range outline.Segments {
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			path.Move(point(s.Args[0]))
		case opentype.SegmentOpLineTo:
			path.Line(point(s.Args[0]))
		case opentype.SegmentOpQuadTo:
			path.QuadTo(point(s.Args[0]), point(s.Args[1]))
		case opentype.SegmentOpCubeTo:
			path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
		}
	}
	path.Close()
	return path
}

// bitmap returns the image of a glyph of a colour font, or nil.
func (g *glyph) bitmap() image.Image {
	data, ok := g.face.GlyphDataBitmap(g.id)
	if !ok || data.Format != font.PNG {
		return nil
	}
	img, _, err := image.Decode(bytes.NewReader(data.Data))
	if err != nil {
		return nil
	}
	return img
}
