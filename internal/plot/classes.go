package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Class holds the recall and precision of one class, from 0 to 1, NaN if the denominator
// is zero.
type Class struct {
	Name      string
	Recall    float64 // fraction of the class that was predicted as the class
	Precision float64 // fraction of the predictions of the class that were right
}

// Classes draws two bars for each class; of many classes, for those with the lowest recall.
func Classes(classes []Class) *Picture {
	return &Picture{func() drawing { return layOutClasses(classes) }}
}

func layOutClasses(classes []Class) (p drawing) {
	heads := []string{"recall: of the class, what was found", "precision: of what was taken for it, what was right"}
	title := ""
	if len(classes) > shownClasses {
		title = fmt.Sprintf("the %d of %d classes with the lowest recall", shownClasses, len(classes))
		classes = lowestRecall(classes, shownClasses)
	}
	var names []string
	for _, c := range classes {
		names = append(names, c.Name)
	}
	const bar, row, length = 8, 24, 300
	top := vg.Length(46)
	label := widest(textSize, 120, names)
	x0 := label + 16
	p.width = max(x0+length+44, x0+13+widest(textSize, 1000, heads)+8)
	if title != "" {
		top += 20
		p.width = max(p.width, x0+textWidth(titleSize, title)+8)
	}
	p.height = top + row*vg.Length(len(classes)) + 8
	p.draw = func(c *canvas) {
		c.text(x0, 12, titleSize, left, ink, title)
		for i, what := range heads {
			y := top - 34 + vg.Length(14*i)
			c.rect(x0, y-4, 8, 8, palette[i])
			c.text(x0+13, y, textSize, left, ink, what)
		}
		for i, class := range classes {
			y := top + row*vg.Length(i)
			c.text(x0-5, y+bar, textSize, right, ink, shorten(textSize, label, class.Name))
			for j, fraction := range []float64{class.Recall, class.Precision} {
				at, wide, says := y+vg.Length(j)*(bar+1), length*vg.Length(fraction), fmt.Sprintf("%.1f%%", 100*fraction)
				if math.IsNaN(fraction) {
					wide, says = 0, "–"
				}
				c.rect(x0, at, wide, bar, palette[j])
				c.text(x0+wide+4, at+bar/2, smallSize, left, ink, says)
			}
		}
		c.line(draw.LineStyle{Color: ink, Width: 0.7}, x0, top-4, x0, top+row*vg.Length(len(classes))-4)
	}
	return p
}

// lowestRecall returns the n classes with the lowest recall, in their order. Classes
// without images are chosen last.
func lowestRecall(classes []Class, n int) (lowest []Class) {
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	rank := func(i int) float64 {
		if r := classes[i].Recall; !math.IsNaN(r) {
			return r
		}
		return math.Inf(1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	order = order[:n]
	slices.Sort(order)
	for _, i := range order {
		lowest = append(lowest, classes[i])
	}
	return lowest
}
