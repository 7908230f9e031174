package plot

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Class is how well one class is told apart, in fractions from 0 to 1.
type Class struct {
	Name      string
	Recall    float64 // of the class, what was found
	Precision float64 // of what was taken for it, what was right
}

// Classes draws two bars for each class.
func Classes(classes []Class) *Picture {
	var names []string
	for _, c := range classes {
		names = append(names, c.Name)
	}
	const bar, row, top, length = 8, 24, 46, 300
	label := widest(textSize, 120, names)
	x0 := label + 16
	p := &Picture{width: x0 + length + 44, height: top + row*vg.Length(len(classes)) + 8}
	p.draw = func(c *canvas) {
		for i, what := range []string{"recall: of the class, what was found", "precision: of what was taken for it, what was right"} {
			y := vg.Length(12 + 14*i)
			c.rect(x0, y-4, 8, 8, palette[i])
			c.text(x0+13, y, textSize, left, ink, what)
		}
		for i, class := range classes {
			y := top + row*vg.Length(i)
			c.text(x0-5, y+bar, textSize, right, ink, shorten(textSize, label, class.Name))
			for j, fraction := range []float64{class.Recall, class.Precision} {
				at := y + vg.Length(j)*(bar+1)
				c.rect(x0, at, length*vg.Length(fraction), bar, palette[j])
				c.text(x0+length*vg.Length(fraction)+4, at+bar/2, smallSize, left, ink, fmt.Sprintf("%.1f%%", 100*fraction))
			}
		}
		c.line(draw.LineStyle{Color: ink, Width: 0.7}, x0, top-4, x0, top+row*vg.Length(len(classes))-4)
	}
	return p
}
