package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// numbered is the largest number of classes for which cells of a confusion matrix have
// numbers.
const numbered = 25

// shownClasses is the largest number of classes that are all drawn.
const shownClasses = 60

// Confusion draws how many examples of class i were predicted as class j: one row per
// class; darker cells are a larger fraction of the row. Of many classes it draws those that
// are confused most often.
func Confusion(names []string, counts [][]int) *Picture {
	return &Picture{func() drawing { return layOutConfusion(names, counts) }}
}

func layOutConfusion(names []string, counts [][]int) (p drawing) {
	shown, title := shownInConfusion(counts)
	n := len(shown)
	cell := max(9, min(30, 480/vg.Length(max(n, 1))))
	size := vg.Length(textSize)
	if n > numbered {
		size = 6.5
	}
	var shownNames []string
	for _, class := range shown {
		shownNames = append(shownNames, names[class])
	}
	const what = "row: the class; column: what it was taken for"
	label := widest(size, 90, shownNames)
	side, top, side0 := cell*vg.Length(n), vg.Length(44), label+30
	p.width = side0 + max(side, textWidth(titleSize, title), textWidth(size, what)) + 14
	p.height = top + side + label + 30
	p.draw = func(c *canvas) {
		c.text(side0, 14, titleSize, left, ink, title)
		c.text(side0, 34, size, left, ink, what)
		for i, class := range shown {
			y := top + vg.Length(i)*cell
			c.text(side0-5, y+cell/2, size, right, ink, shorten(size, label, names[class]))
			total := 0
			for _, k := range counts[class] {
				total += k
			}
			for j, taken := range shown {
				k := counts[class][taken]
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
		for j, name := range shownNames {
			c.textUp(side0+(vg.Length(j)+0.5)*cell, top+side+5, size, shorten(size, label, name))
		}
	}
	return p
}

// shownInConfusion returns the classes to draw, in their order, and the title that
// describes the selection.
func shownInConfusion(counts [][]int) (shown []int, title string) {
	title = "confusion matrix"
	if len(counts) <= shownClasses {
		for i := range counts {
			shown = append(shown, i)
		}
		return shown, title
	}
	shown = mostConfused(counts, shownClasses)
	if len(shown) == 0 {
		for i := range shownClasses {
			shown = append(shown, i)
		}
		return shown, fmt.Sprintf("%s: the first %d of %d classes, none of which is confused", title, shownClasses, len(counts))
	}
	return shown, fmt.Sprintf("%s: the %d of %d classes confused most often", title, len(shown), len(counts))
}

// mostConfused returns up to n classes in their order: those of the most frequent
// confusions, so that the most important cells are shown.
func mostConfused(counts [][]int, n int) (classes []int) {
	type pair struct{ a, b, times int }
	var pairs []pair
	for a := range counts {
		for b := range a {
			if times := counts[a][b] + counts[b][a]; times > 0 {
				pairs = append(pairs, pair{a, b, times})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(q.times, p.times) })
	chosen := map[int]bool{}
	for _, p := range pairs {
		for _, class := range []int{p.b, p.a} {
			if len(chosen) < n {
				chosen[class] = true
			}
		}
	}
	for class := range counts {
		if chosen[class] {
			classes = append(classes, class)
		}
	}
	return classes
}

// dark is the value from which on text must be white.
const dark = 0.4

// heat is a colour map: white for 0, dark blue for 1. Its resolution is highest for small
// fractions.
func heat(fraction float64) color.RGBA {
	s := math.Pow(fraction, 0.7)
	mix := func(to uint8) uint8 { return uint8(math.Round(255 + s*(float64(to)-255))) }
	return color.RGBA{mix(0x08), mix(0x45), mix(0x94), 255}
}
