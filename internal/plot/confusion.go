package plot

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// numbered is up to how many classes there are numbers in a confusion matrix.
const numbered = 25

// Confusion draws how many examples of class i were taken for class j: a row for
// each class, darker the larger its fraction of the row.
func Confusion(names []string, counts [][]int) *Picture {
	n := len(names)
	cell := max(9, min(30, 480/vg.Length(n)))
	size := vg.Length(textSize)
	if n > numbered {
		size = 6.5
	}
	label := widest(size, 90, names)
	side, top, side0 := cell*vg.Length(n), vg.Length(44), label+30
	p := &Picture{width: side0 + side + 14, height: top + side + label + 30}
	p.draw = func(c *canvas) {
		c.text(side0, 14, titleSize, left, ink, "confusion matrix")
		c.text(side0, 34, size, left, ink, "row: the class; column: what it was taken for")
		for i, row := range counts {
			y := top + vg.Length(i)*cell
			c.text(side0-5, y+cell/2, size, right, ink, shorten(size, label, names[i]))
			total := 0
			for _, k := range row {
				total += k
			}
			for j, k := range row {
				fraction := float64(k) / float64(max(total, 1))
				c.rect(side0+vg.Length(j)*cell, y, cell-0.5, cell-0.5, heat(fraction))
				if n <= numbered && k > 0 {
					fill := color.Color(ink)
					if fraction > dark {
						fill = white
					}
					c.text(side0+(vg.Length(j)+0.5)*cell, y+cell/2, smallSize*min(1, cell/26), centre, fill, strconv.Itoa(k))
				}
			}
		}
		for j, name := range names {
			c.textUp(side0+(vg.Length(j)+0.5)*cell, top+side+5, size, shorten(size, label, name))
		}
	}
	return p
}

// dark is from where on text has to be white.
const dark = 0.4

// heat is white for 0 and dark blue for 1. Small fractions are told apart best.
func heat(fraction float64) color.RGBA {
	s := math.Pow(fraction, 0.7)
	mix := func(to uint8) uint8 { return uint8(math.Round(255 + s*(float64(to)-255))) }
	return color.RGBA{mix(0x08), mix(0x45), mix(0x94), 255}
}

// textUp writes s upwards so that it ends at height y.
func (c *canvas) textUp(x, y, size vg.Length, s string) {
	style := textStyle(size, right, ink)
	style.Rotation = math.Pi / 2
	c.FillText(style, vg.Point{X: x, Y: c.height - y}, s)
}
