package plot

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Layer is a box of an architecture.
type Layer struct {
	Name   string // conv2d_1
	Detail string // details, such as its kernel
	Shape  string // of its output
	Params string // number of weights, empty for none
	Kind   Kind
	Paths  []Path // of a merging layer
}

// A Path is a list of layers whose end a merging layer reads.
type Path struct {
	From   string // the layer that it starts with; empty: the one before the merging layer
	Layers []Layer
}

func (p *Path) from() string { return "from " + p.From }

// A Kind of layer determines the colour of its box.
type Kind int

// The kinds.
const (
	Other Kind = iota
	Convolution
	Dense
	Pooling
	Normalization
	Activation
	Random // augmentation and dropout
)

// Colours on which black text is readable.
var kindColors = map[Kind]color.RGBA{
	Other:         {0xee, 0xee, 0xee, 255},
	Convolution:   {0x9c, 0xcf, 0xf2, 255},
	Dense:         {0xf6, 0xc9, 0x6b, 255},
	Pooling:       {0x8f, 0xd9, 0xc0, 255},
	Normalization: {0xe9, 0xc4, 0xd9, 255},
	Activation:    {0xf7, 0xef, 0xa5, 255},
	Random:        {0xf2, 0xb5, 0x8f, 255},
}

// perColumn is the number of rows in a column, if there are few layers. With many, columns
// are longer, so that the picture is about three times as wide as high.
const perColumn = 14

// nameWidth is the maximum width of a name.
const nameWidth = 240

// Sizes in points: of a box, from a box to the next one below, around the picture, between
// columns, between paths, above the first box, and of a path without layers.
const (
	boxHeight = 30
	stepDown  = 42
	margin    = 12
	columnGap = 34
	pathGap   = 12
	archTop   = 40
	laneWidth = 20
)

// Architecture draws the layers as boxes from top to bottom, column by column, and the paths of
// a merging layer side by side above it.
func Architecture(title string, layers []Layer) *Picture {
	return &Picture{func() drawing { return layOutArchitecture(title, layers) }}
}

// An architecture is the layout of one. All of its boxes have the same width.
type architecture struct{ box vg.Length }

func layOutArchitecture(title string, layers []Layer) drawing {
	a := architecture{box: 110}
	a.widen(layers)
	columns := a.columns(layers)
	p := drawing{width: 2*margin - columnGap, height: archTop}
	for _, column := range columns {
		width, rows := a.size(column)
		p.width += width + columnGap
		p.height = max(p.height, archTop+vg.Length(rows)*stepDown)
	}
	p.width = max(p.width, textWidth(titleSize, title)+2*margin)
	p.height += margin - (stepDown - boxHeight)
	if len(layers) == 0 {
		p.height = archTop + boxHeight + margin
	}
	p.draw = func(c *canvas) {
		c.text(margin, 17, titleSize, left, ink, title)
		x := vg.Length(margin)
		var from *vg.Point // the last box's right side
		for _, column := range columns {
			width, rows := a.size(column)
			middle := x + width/2
			if from != nil {
				a.toNextColumn(c, *from, x-columnGap/2, middle, column[0])
			}
			a.list(c, column, middle, archTop)
			from = &vg.Point{X: middle + a.box/2, Y: archTop + vg.Length(rows-1)*stepDown + boxHeight/2}
			x += width + columnGap
		}
	}
	return p
}

// widen shortens names and sets the width that all texts fit in.
func (a *architecture) widen(layers []Layer) {
	for _, l := range layers {
		a.box = max(a.box, textWidth(textSize, shorten(textSize, nameWidth, l.Name))+textWidth(smallSize, l.Params)+24,
			textWidth(smallSize, l.Detail)+textWidth(smallSize, l.Shape)+24)
		for _, p := range l.Paths {
			a.box = max(a.box, textWidth(smallSize, shorten(smallSize, nameWidth, p.from()))+14)
			a.widen(p.Layers)
		}
	}
}

// columns splits the layers so that columns have about the same length. Paths stay together, so a
// column may be longer by half of the tallest.
func (a *architecture) columns(layers []Layer) (columns [][]Layer) {
	if len(layers) == 0 {
		return nil
	}
	var total, tallest int
	var widest vg.Length
	for i := range layers {
		width, rows := a.size(layers[i : i+1])
		total, tallest, widest = total+rows, max(tallest, rows), max(widest, width)
	}
	rows := max(perColumn, tallest, int(math.Sqrt(float64(total*int(widest+columnGap))/(3*stepDown))))
	number := (total + rows - 1) / rows
	rows = max(tallest, (total+number-1)/number)
	first, used := 0, 0
	for i := range layers {
		_, n := a.size(layers[i : i+1])
		if used > 0 && used+n > rows+tallest/2 {
			columns, first, used = append(columns, layers[first:i]), i, 0
		}
		used += n
	}
	return append(columns, layers[first:])
}

// size returns the width of a list of layers and its height in rows.
func (a *architecture) size(layers []Layer) (width vg.Length, rows int) {
	for i := range layers {
		var paths vg.Length
		var longest int
		for _, p := range layers[i].Paths {
			w, n := a.pathSize(&p)
			paths, longest = paths+w+pathGap, max(longest, n)
		}
		width, rows = max(width, a.box, paths-pathGap), rows+longest+1
	}
	return width, rows
}

func (a *architecture) pathSize(p *Path) (width vg.Length, rows int) {
	width, rows = a.size(p.Layers)
	if p.From != "" {
		width, rows = max(width, a.box), rows+1
	}
	return max(width, laneWidth), rows
}

// list draws layers below each other around the line x = middle, from y down, with an arrow to
// each but the first one. It returns the end of the last box.
func (a *architecture) list(c *canvas, layers []Layer, middle, y vg.Length) vg.Length {
	for i := range layers {
		l := &layers[i]
		switch {
		case len(l.Paths) > 0:
			y = a.paths(c, l.Paths, middle, y, i > 0)
			c.arrow(middle, y-bus, middle, y)
		case i > 0:
			c.arrow(middle, y-(stepDown-boxHeight), middle, y)
		}
		x := middle - a.box/2
		c.rect(x, y, a.box, boxHeight, kindColors[l.Kind])
		c.text(x+7, y+9, textSize, left, ink, shorten(textSize, nameWidth, l.Name))
		c.text(x+a.box-7, y+9, smallSize, right, ink, l.Params)
		c.text(x+7, y+21.5, smallSize, left, ink, l.Detail)
		c.text(x+a.box-7, y+21.5, smallSize, right, ink, l.Shape)
		y += stepDown
	}
	return y - (stepDown - boxHeight)
}

// bus is the distance of the lines that join paths from the boxes below them.
const bus = (stepDown - boxHeight) / 2

// paths draws paths side by side and the lines that join their ends. Joined says that there is
// a box above. It returns where the merging layer's box begins.
func (a *architecture) paths(c *canvas, paths []Path, middle, y vg.Length, joined bool) vg.Length {
	style := draw.LineStyle{Color: ink, Width: 1}
	width, longest := vg.Length(-pathGap), 0
	for i := range paths {
		w, n := a.pathSize(&paths[i])
		width, longest = width+w+pathGap, max(longest, n)
	}
	end := y + vg.Length(longest)*stepDown
	x := middle - width/2
	starts := []vg.Length{middle} // of the paths that start with the input of the merging layer
	ends := []vg.Length{middle}
	for i := range paths {
		p := &paths[i]
		w, _ := a.pathSize(p)
		at, below := x+w/2, y-bus
		switch {
		case p.From != "":
			c.rect(at-a.box/2, y+boxHeight/2, a.box, boxHeight/2, color.RGBA{255, 255, 255, 255})
			c.text(at, y+boxHeight*3/4, smallSize, centre, ink, shorten(smallSize, nameWidth, p.from()))
			below = y + boxHeight
			if len(p.Layers) > 0 {
				c.arrow(at, below, at, y+stepDown)
				below = a.list(c, p.Layers, at, y+stepDown)
			}
		case len(p.Layers) > 0:
			if len(p.Layers[0].Paths) == 0 {
				c.arrow(at, below, at, y)
			} else {
				c.line(style, at, below, at, y-bus)
			}
			below = a.list(c, p.Layers, at, y)
			starts = append(starts, at)
		default:
			starts = append(starts, at)
		}
		c.line(style, at, below, at, end-bus)
		ends = append(ends, at)
		x += w + pathGap
	}
	if len(starts) > 1 {
		c.line(style, slices.Min(starts), y-bus, slices.Max(starts), y-bus)
		if joined {
			c.line(style, middle, y-(stepDown-boxHeight), middle, y-bus)
		}
	}
	c.line(style, slices.Min(ends), end-bus, slices.Max(ends), end-bus)
	return end
}

// toNextColumn draws the line from the end of a column to the layer at the top of the next one,
// whose boxes are around middle.
func (a *architecture) toNextColumn(c *canvas, from vg.Point, between, middle vg.Length, l Layer) {
	style := draw.LineStyle{Color: ink, Width: 1}
	to := vg.Length(archTop + boxHeight/2)
	if len(l.Paths) > 0 {
		to = archTop - bus
	}
	c.line(style, from.X, from.Y, between, from.Y)
	c.line(style, between, from.Y, between, to)
	if len(l.Paths) > 0 {
		c.line(style, between, to, middle, to)
	} else {
		c.arrow(between, to, middle-a.box/2, to)
	}
}

// arrow draws a line down or to the right with an arrowhead at its end.
func (c *canvas) arrow(x1, y1, x2, y2 vg.Length) {
	const head = 3
	c.line(draw.LineStyle{Color: ink, Width: 1}, x1, y1, x2, y2)
	dx, dy := vg.Length(0), vg.Length(head)
	if y1 == y2 {
		dx, dy = head, 0
	}
	c.FillPolygon(ink, []vg.Point{
		{X: x2, Y: c.height - y2},
		{X: x2 - dy - 1.5*dx, Y: c.height - y2 + dx + 1.5*dy},
		{X: x2 + dy - 1.5*dx, Y: c.height - y2 - dx + 1.5*dy},
	})
}
