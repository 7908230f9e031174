package plot

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Sheet is images in rows and columns. Images keep their aspect ratio.
type Sheet struct {
	Title   string
	Columns []string // column headers, none if nil
	Rows    []SheetRow
	Split   int     // number of columns that are separated from the rest by a line
	Size    float64 // length of an image's longer side in points; 0 is 48
}

// A SheetRow is one row of a Sheet.
type SheetRow struct {
	Label  []string // lines at the left
	Images []image.Image
}

// Contact draws the sheet, like a contact print.
func Contact(s *Sheet) *Picture { return &Picture{s.layOut} }

// labelWidth is the maximum width of a label, labelLine the height of its lines.
const labelWidth, labelLine = 140, 11

func (s *Sheet) layOut() (p drawing) {
	var labels []string
	lines, columns := 0, 0
	for _, r := range s.Rows {
		labels = append(labels, r.Label...)
		lines, columns = max(lines, len(r.Label)), max(columns, len(r.Images))
	}
	const gap, margin, splitGap = 4, 8, 12
	x0, y0 := vg.Length(margin), vg.Length(margin)
	label := widest(textSize, labelWidth, labels)
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
	wide, high := s.cell()
	row := max(high, vg.Length(lines)*labelLine)
	at := func(column int) vg.Length {
		x := x0 + vg.Length(column)*(wide+gap)
		if s.Split > 0 && column >= s.Split {
			x += splitGap
		}
		return x
	}
	p.width = max(at(columns)-gap+margin, textWidth(titleSize, s.Title)+2*margin)
	p.height = y0 + vg.Length(len(s.Rows))*(row+gap) - gap + margin
	p.draw = func(c *canvas) {
		c.text(margin, title, titleSize, left, ink, s.Title)
		for i, name := range s.Columns {
			c.text(at(i)+wide/2, heads, textSize, centre, ink, shorten(textSize, wide, name))
		}
		for i, r := range s.Rows {
			middle := y0 + vg.Length(i)*(row+gap) + row/2
			for j, line := range r.Label {
				c.text(margin, middle+labelLine*(vg.Length(j)-vg.Length(len(r.Label)-1)/2), textSize, left, ink, shorten(textSize, label, line))
			}
			for j, img := range r.Images {
				w, h := s.sizeOf(img)
				c.image(at(j)+(wide-w)/2, middle-h/2, w, h, img)
			}
		}
		if s.Split > 0 {
			x := at(s.Split) - splitGap/2 - gap/2
			c.line(draw.LineStyle{Color: faint, Width: 1}, x, y0, x, p.height-margin)
		}
	}
	return p
}

// cell returns the size that fits each image.
func (s *Sheet) cell() (wide, high vg.Length) {
	for _, r := range s.Rows {
		for _, img := range r.Images {
			w, h := s.sizeOf(img)
			wide, high = max(wide, w), max(high, h)
		}
	}
	return max(wide, minCell), high
}

// minCell is the width of a column of narrow images with a header.
const minCell = 24

// sizeOf returns the size at which img is drawn.
func (s *Sheet) sizeOf(img image.Image) (w, h vg.Length) {
	size := vg.Length(s.Size)
	if size == 0 {
		size = 48
	}
	b := img.Bounds()
	longer := vg.Length(max(b.Dx(), b.Dy(), 1))
	const least = 0.5 // one pixel
	return max(size*vg.Length(b.Dx())/longer, least), max(size*vg.Length(b.Dy())/longer, least)
}
