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
}

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

// perColumn is the number of boxes in a column, if there are few layers. With many, columns
// are longer, so that the picture is about three times as wide as high.
const perColumn = 14

// nameWidth is the maximum width of a name.
const nameWidth = 240

// Architecture draws the layers as boxes from top to bottom, column by column.
func Architecture(title string, layers []Layer) *Picture {
	return &Picture{func() drawing { return layOutArchitecture(title, layers) }}
}

func layOutArchitecture(title string, layers []Layer) (p drawing) {
	const box, step, margin, gap, top = 30, 42, 12, 34, 34
	width := vg.Length(110)
	layers = slices.Clone(layers)
	for i := range layers {
		l := &layers[i]
		l.Name = shorten(textSize, nameWidth, l.Name)
		width = max(width, textWidth(textSize, l.Name)+textWidth(smallSize, l.Params)+24,
			textWidth(smallSize, l.Detail)+textWidth(smallSize, l.Shape)+24)
	}
	rows := max(perColumn, int(math.Sqrt(float64(len(layers)*int(width+gap))/(3*step))))
	columns := max(1, (len(layers)+rows-1)/rows)
	rows = (len(layers) + columns - 1) / columns // so that columns have about the same length
	p = drawing{
		width:  max(2*margin+vg.Length(columns)*(width+gap)-gap, textWidth(titleSize, title)+2*margin),
		height: top + vg.Length(max(rows, 1))*step - (step - box) + margin,
	}
	p.draw = func(c *canvas) {
		c.text(margin, 17, titleSize, left, ink, title)
		for i, l := range layers {
			x, y := margin+vg.Length(i/rows)*(width+gap), top+vg.Length(i%rows)*step
			c.rect(x, y, width, box, kindColors[l.Kind])
			c.text(x+7, y+9, textSize, left, ink, l.Name)
			c.text(x+width-7, y+9, smallSize, right, ink, l.Params)
			c.text(x+7, y+21.5, smallSize, left, ink, l.Detail)
			c.text(x+width-7, y+21.5, smallSize, right, ink, l.Shape)
			switch {
			case i == len(layers)-1:
			case i%rows < rows-1:
				c.arrow(x+width/2, y+box, x+width/2, y+step)
			default: // to the top of the next column
				style := draw.LineStyle{Color: ink, Width: 1}
				middle := x + width + gap/2
				c.line(style, x+width, y+box/2, middle, y+box/2)
				c.line(style, middle, y+box/2, middle, top+box/2)
				c.arrow(middle, top+box/2, x+width+gap, top+box/2)
			}
		}
	}
	return p
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
