package main

import (
	"fmt"
	"math"
)

// A curvePlot draws curves with Braille characters: a cell has two by four dots.
type curvePlot struct {
	columns, rows int // cells
	low, high     float64
	points        int // length of the longest curve
	cells         [][]rune
	validation    [][]bool // number of cells with the validation curve
}

// axisWidth is the number of columns of the axis labels.
const axisWidth = 8

// newCurvePlot draws both curves, one value per epoch, in width by height cells. Training
// is dotted, so that they can be told apart without colour.
func newCurvePlot(width, height int, training, validation []float64) *curvePlot {
	p := &curvePlot{columns: max(width-axisWidth, 1), rows: max(height, 1), low: math.Inf(1), high: math.Inf(-1)}
	for _, curve := range [][]float64{training, validation} {
		p.points = max(p.points, len(curve))
		for _, y := range curve {
			p.low, p.high = min(p.low, y), max(p.high, y)
		}
	}
	for range p.rows {
		p.cells = append(p.cells, make([]rune, p.columns))
		p.validation = append(p.validation, make([]bool, p.columns))
	}
	p.curve(training, 3, false)
	p.curve(validation, 1, true)
	return p
}

// curve draws every stride-th dot of the line through the values.
func (p *curvePlot) curve(values []float64, stride int, validation bool) {
	drawn := 0
	var lastX, lastY int
	for i, v := range values {
		x, y := p.place(i, v)
		if i == 0 {
			lastX, lastY = x, y
		}
		n := max(abs(x-lastX), abs(y-lastY), 1)
		for k := range n + 1 {
			if drawn++; drawn%stride == 0 {
				p.dot(lastX+(x-lastX)*k/n, lastY+(y-lastY)*k/n, validation)
			}
		}
		lastX, lastY = x, y
	}
}

// place returns the dot of value i, from the top left corner.
func (p *curvePlot) place(i int, v float64) (x, y int) {
	w, h := 2*p.columns-1, 4*p.rows-1
	if p.points > 1 {
		x = i * w / (p.points - 1)
	}
	if p.high > p.low {
		y = int(math.Round((p.high - v) / (p.high - p.low) * float64(h)))
	}
	return x, y
}

// brailleBits holds the bits of a cell's dots, by row and column (Unicode, Braille
// Patterns).
var brailleBits = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func (p *curvePlot) dot(x, y int, validation bool) {
	p.cells[y/4][x/2] |= brailleBits[y%4][x%2]
	if validation {
		p.validation[y/4][x/2] = true
	}
}

// lines returns the drawing with the highest and the lowest value as labels.
func (p *curvePlot) lines() (lines []string) {
	for r, row := range p.cells {
		line := "        "
		switch {
		case p.points == 0:
		case r == 0:
			line = fmt.Sprintf("%7.4g ", p.high)
		case r == p.rows-1:
			line = fmt.Sprintf("%7.4g ", p.low)
		}
		for c, dots := range row {
			switch cell := string(0x2800 + dots); {
			case dots == 0:
				line += " "
			case p.validation[r][c]:
				line += validationStyle.Render(cell)
			default:
				line += trainingStyle.Render(cell)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func abs(n int) int { return max(n, -n) }
