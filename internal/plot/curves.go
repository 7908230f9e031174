package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Chart is curves over the same axes.
type Chart struct {
	Title  string
	X      string // what the axis says
	Log    bool   // the x axis grows by factors
	Series []Series
}

// A Series is one curve.
type Series struct {
	Name  string // in the legend; a name that was there before has one entry
	X, Y  []float64
	Group int       // decides the colour
	Thin  bool      // dashed: of training, where others are of validation
	Marks []float64 // at which X a dot is
}

// The size of one chart.
const (
	chartWidth, chartHeight = 340, 230
	legendLine              = 14
)

// Curves draws charts side by side with one legend below.
func Curves(charts ...Chart) *Picture {
	entries := legendOf(charts)
	width := vg.Length(len(charts)) * chartWidth
	rows := flow(entries, width-2*textSize)
	p := &Picture{width: width, height: chartHeight + vg.Length(len(rows))*legendLine + 8}
	p.draw = func(c *canvas) {
		for i := range charts {
			charts[i].draw(c.area(vg.Length(i)*chartWidth, 0, chartWidth, chartHeight))
		}
		for r, row := range rows {
			x, y := vg.Length(textSize), chartHeight+vg.Length(r)*legendLine+legendLine/2
			for _, s := range row {
				c.line(s.style(), x, y, x+sampleWidth, y)
				c.text(x+sampleWidth+4, y, textSize, left, ink, s.Name)
				x += s.legendWidth()
			}
		}
	}
	return p
}

// sampleWidth is how long the line in a legend is.
const sampleWidth = 22

func (s *Series) legendWidth() vg.Length { return sampleWidth + 18 + textWidth(textSize, s.Name) }

// legendOf returns the first series of each name.
func legendOf(charts []Chart) (entries []Series) {
	seen := map[string]bool{"": true}
	for _, c := range charts {
		for _, s := range c.Series {
			if !seen[s.Name] {
				seen[s.Name] = true
				entries = append(entries, s)
			}
		}
	}
	return entries
}

// flow breaks the legend into rows of a width.
func flow(entries []Series, width vg.Length) (rows [][]Series) {
	var used vg.Length
	for _, s := range entries {
		if w := s.legendWidth(); rows == nil || used+w > width {
			rows, used = append(rows, nil), 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], s)
		used += s.legendWidth()
	}
	return rows
}

func (s *Series) style() draw.LineStyle {
	style := draw.LineStyle{Color: palette[s.Group%len(palette)], Width: 1.6}
	if s.Thin {
		style.Width, style.Dashes = 1.2, []vg.Length{4, 2.5}
	}
	return style
}

func (c *Chart) draw(area draw.Canvas) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.Title, c.X
	p.Title.TextStyle.Font.Size, p.Title.Padding = titleSize, 8
	p.X.Label.TextStyle.Font.Size = textSize
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font.Size = textSize
		axis.Padding = 4
	}
	p.X.Tick.Marker = wholeTicks{}
	if c.Log {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powerTicks{}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	p.Add(grid)
	for _, s := range c.Series {
		points := s.points()
		line := &plotter.Line{XYs: points, LineStyle: s.style()}
		p.Add(line)
		dots := points
		if len(points) > 1 {
			dots = s.marked(points)
		}
		if len(dots) > 0 {
			p.Add(&plotter.Scatter{XYs: dots, GlyphStyle: draw.GlyphStyle{Color: line.Color, Radius: 3, Shape: draw.CircleGlyph{}}})
		}
	}
	p.Draw(draw.Crop(area, 6, -14, 4, -6))
}

// points returns the finite points of the curve.
func (s *Series) points() (points plotter.XYs) {
	for i, x := range s.X {
		if y := s.Y[i]; !math.IsNaN(y) && !math.IsInf(y, 0) {
			points = append(points, plotter.XY{X: x, Y: y})
		}
	}
	return points
}

func (s *Series) marked(points plotter.XYs) (dots plotter.XYs) {
	for _, x := range s.Marks {
		for _, p := range points {
			if p.X == x {
				dots = append(dots, p)
			}
		}
	}
	return dots
}

// wholeTicks marks whole numbers, as epochs are.
type wholeTicks struct{}

func (wholeTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		if t.Value == math.Trunc(t.Value) {
			if t.Label != "" {
				t.Label = strconv.Itoa(int(t.Value))
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// powerTicks marks the powers of ten: 1e-3.
type powerTicks struct{}

func (powerTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	first, last := math.Ceil(math.Log10(low)-1e-9), math.Floor(math.Log10(high)+1e-9)
	for e := first; e <= last; e++ {
		ticks = append(ticks, plot.Tick{Value: math.Pow(10, e), Label: "1e" + strconv.Itoa(int(e))})
	}
	return ticks
}
