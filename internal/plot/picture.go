package plot

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
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
	plot.DefaultTextHandler = handler
}

// dpi is two pixels per point in a PNG.
const dpi = 144

// maxPixels limits the memory of a PNG, 4 bytes per pixel. A larger picture, such as the
// architecture of thousands of layers, gets a lower resolution.
const maxPixels = 32 << 20

// A Picture is a drawing that determines its own size. It is laid out and drawn when it is
// written.
type Picture struct {
	layout func() drawing
}

// A drawing is a picture of known size.
type drawing struct {
	width, height vg.Length
	draw          func(c *canvas)
}

// A Format is a file format.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// FormatOf returns the format for a file name's extension.
func FormatOf(file string) (Format, error) {
	switch f := Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")); f {
	case PNG, SVG:
		return f, nil
	}
	return "", fmt.Errorf("%s: a picture is a .png or a .svg", file)
}

// Write writes the picture. It returns ctx.Err() as soon as ctx is done.
func (p *Picture) Write(ctx context.Context, w io.Writer, f Format) error {
	type result struct {
		picture io.WriterTo
		err     error
	}
	drawn := make(chan result, 1)
	go func() { // gonum and the font search cannot be interrupted, only abandoned
		picture, err := p.render(f)
		drawn <- result{picture, err}
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-drawn:
		if r.err != nil {
			return r.err
		}
		_, err := r.picture.WriteTo(&stoppable{ctx, w})
		return err
	}
}

// render draws the picture. It recovers from gonum's panics, which must not end a training.
func (p *Picture) render(f Format) (picture io.WriterTo, err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("the picture cannot be drawn: %v", why)
		}
	}()
	d := p.layout()
	if f == SVG {
		c := vgsvg.New(d.width, d.height)
		d.draw(newCanvas(draw.New(c), dpi))
		return svg{c}, nil
	}
	dots := min(dpi, math.Floor(math.Sqrt(maxPixels/float64(d.width*d.height))*72))
	c := vgimg.NewWith(vgimg.UseWH(d.width, d.height), vgimg.UseDPI(int(max(dots, 1))))
	d.draw(newCanvas(draw.New(c), max(dots, 1)))
	return vgimg.PngCanvas{Canvas: c}, nil
}

// A stoppable writer returns an error when its context is done.
type stoppable struct {
	ctx context.Context
	io.Writer
}

func (s *stoppable) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Writer.Write(b)
}

// svg adapts an SVG for browsers that lack the font, and for pages with several pictures.
type svg struct{ *vgsvg.Canvas }

func (s svg) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := s.Canvas.WriteTo(&b); err != nil {
		return 0, err
	}
	n, err := io.WriteString(w, strings.ReplaceAll(b.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return int64(n), err
}
