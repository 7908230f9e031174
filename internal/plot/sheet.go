package plot

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Sheet is images in rows and columns.
type Sheet struct {
	Title   string
	Columns []string // above the columns, none where nil
	Rows    []SheetRow
	Split   int     // so many columns stand apart from the rest, by a line
	Size    float64 // of an image in points; 0 is 48
}

// A SheetRow is one row of a Sheet.
type SheetRow struct {
	Label  string // at the left
	Images []image.Image
}

// Contact draws the sheet.
func Contact(s *Sheet) *Picture {
	size, columns := vg.Length(s.Size), 0
	if size == 0 {
		size = 48
	}
	var labels []string
	for _, r := range s.Rows {
		labels = append(labels, r.Label)
		columns = max(columns, len(r.Images))
	}
	const gap, margin, splitGap = 4, 8, 12
	x0, y0 := vg.Length(margin), vg.Length(margin)
	label := widest(textSize, 140, labels)
	if label > 0 {
		x0 += label + 8
	}
	title := y0 + 6
	if s.Title != "" {
		y0 += 20
	}
	heads := y0 + 6
	if s.Columns != nil {
		y0 += 16
	}
	at := func(column int) vg.Length {
		x := x0 + vg.Length(column)*(size+gap)
		if s.Split > 0 && column >= s.Split {
			x += splitGap
		}
		return x
	}
	p := &Picture{
		width:  max(at(columns)-gap+margin, textWidth(titleSize, s.Title)+2*margin),
		height: y0 + vg.Length(len(s.Rows))*(size+gap) - gap + margin,
	}
	p.draw = func(c *canvas) {
		c.text(margin, title, titleSize, left, ink, s.Title)
		for i, name := range s.Columns {
			c.text(at(i)+size/2, heads, textSize, centre, ink, shorten(textSize, size, name))
		}
		for i, r := range s.Rows {
			y := y0 + vg.Length(i)*(size+gap)
			c.text(margin, y+size/2, textSize, left, ink, shorten(textSize, label, r.Label))
			for j, img := range r.Images {
				c.image(at(j), y, size, size, img)
			}
		}
		if s.Split > 0 {
			x := at(s.Split) - splitGap/2 - gap/2
			c.line(draw.LineStyle{Color: faint, Width: 1}, x, y0, x, p.height-margin)
		}
	}
	return p
}
