package plot

import (
	"fmt"
	"image/color"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// Decisions draws the confusion of multi-label predictions: a row per class with the numbers of
// true positives, false negatives, false positives and true negatives. The larger the fraction
// of a cell in its half of the row, the darker it is.
func Decisions(names []string, counts [][4]int) *Picture {
	return &Picture{func() drawing { return layOutDecisions(names, counts) }}
}

func layOutDecisions(names []string, counts [][4]int) (p drawing) {
	title := "decisions about each class"
	shown := counts
	if len(counts) > shownClasses {
		title = fmt.Sprintf("%s: the first %d of %d classes", title, shownClasses, len(counts))
		shown = counts[:shownClasses]
	}
	heads := [2]string{"images that have it", "images that do not"}
	columns := [4]string{"found", "missed", "taken for it", "not"}
	const row, cell = vg.Length(20), vg.Length(64)
	label := widest(textSize, 120, names[:len(shown)])
	x0, top := label+16, vg.Length(62)
	p.width = x0 + max(4*cell, textWidth(titleSize, title)) + 14
	p.height = top + row*vg.Length(len(shown)) + 10
	p.draw = func(c *canvas) {
		c.text(x0, 14, titleSize, left, ink, title)
		for i, head := range heads {
			c.text(x0+(2*vg.Length(i)+1)*cell, 36, textSize, centre, ink, head)
		}
		for i, column := range columns {
			c.text(x0+(vg.Length(i)+0.5)*cell, 52, textSize, centre, ink, column)
		}
		for i, of := range shown {
			y := top + row*vg.Length(i)
			c.text(x0-5, y+row/2, textSize, right, ink, shorten(textSize, label, names[i]))
			for j, n := range of {
				fraction := float64(n) / float64(max(1, of[j/2*2]+of[j/2*2+1]))
				c.rect(x0+vg.Length(j)*cell, y, cell-0.5, row-0.5, heat(fraction))
				fill := color.Color(ink)
				if fraction > dark {
					fill = white
				}
				c.text(x0+(vg.Length(j)+0.5)*cell, y+row/2, smallSize, centre, fill, strconv.Itoa(n))
			}
		}
	}
	return p
}
