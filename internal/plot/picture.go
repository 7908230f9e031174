package plot

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

func init() {
	plot.DefaultFont.Variant = "Sans" // which stays legible where it is small
}

// dpi makes a point two pixels of a PNG.
const dpi = 144

// A Picture is something drawn, in a size of its own.
type Picture struct {
	width, height vg.Length
	draw          func(c *canvas)
}

// A Format is how a picture is written.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// FormatOf returns the format that the ending of a file's name stands for.
func FormatOf(file string) (Format, error) {
	switch f := Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")); f {
	case PNG, SVG:
		return f, nil
	}
	return "", fmt.Errorf("%s: a picture is a .png or a .svg", file)
}

// Write writes the picture.
func (p *Picture) Write(w io.Writer, f Format) error {
	if f == SVG {
		return p.writeSVG(w)
	}
	c := vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(dpi))
	p.draw(newCanvas(draw.New(c)))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// writeSVG writes the picture so that a browser that lacks the font, or shows a page
// of several pictures, does the right thing.
func (p *Picture) writeSVG(w io.Writer) error {
	c := vgsvg.New(p.width, p.height)
	p.draw(newCanvas(draw.New(c)))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.ReplaceAll(b.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return err
}
