package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Chart is curves in one coordinate system.
type Chart struct {
	Title  string
	X      string // label of the y axis
	Log    bool   // logarithmic x axis
	LogY   bool   // logarithmic y axis; values that are not positive are not drawn
	Series []Series
}

// The size of one chart.
const (
	chartWidth, chartHeight = 340, 230
	legendLine              = 14
)

// Curves draws charts side by side with one legend below.
func Curves(charts ...Chart) *Picture {
	return &Picture{func() drawing { return layOutCurves(charts) }}
}

func layOutCurves(charts []Chart) (p drawing) {
	entries := legendOf(charts)
	p.width = vg.Length(max(len(charts), 1)) * chartWidth
	rows := flow(entries, p.width-2*textSize)
	p.height = chartHeight + vg.Length(len(rows))*legendLine + 8
	p.draw = func(c *canvas) {
		for i := range charts {
			charts[i].draw(c.area(vg.Length(i)*chartWidth, 0, chartWidth, chartHeight))
		}
		if len(charts) == 0 {
			c.text(p.width/2, chartHeight/2, textSize, centre, ink, "no data yet")
		}
		for r, row := range rows {
			x, y := vg.Length(textSize), chartHeight+vg.Length(r)*legendLine+legendLine/2
			for _, s := range row {
				c.line(s.line(), x, y, x+sampleWidth, y)
				if sign, ok := s.sign(); ok {
					c.DrawGlyph(sign, vg.Point{X: x + sampleWidth/2, Y: c.height - y})
				}
				c.text(x+sampleWidth+4, y, textSize, left, ink, shorten(textSize, p.width-2*textSize-sampleWidth-18, s.Name))
				x += s.legendWidth()
			}
		}
	}
	return p
}

// sampleWidth is the length of the line in a legend.
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

// flow breaks the legend into rows of a maximum width.
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

func (c *Chart) draw(area draw.Canvas) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.Title, c.X
	p.Title.TextStyle.Font.Size, p.Title.Padding = titleSize, 8
	p.X.Label.TextStyle.Font.Size = textSize
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font.Size = textSize
		axis.Padding = 4
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = wholeTicks{}, exactTicks{}
	if c.Log {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powerTicks{}
	}
	if c.LogY {
		p.Y.Scale = plot.LogScale{}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	p.Add(grid)
	for _, s := range c.Series {
		points := s.points(c.Log, c.LogY)
		line := &plotter.Line{XYs: thinned(points), LineStyle: s.line()}
		p.Add(line)
		dots := points
		if len(points) > 1 {
			dots = s.marked(points)
		}
		if sign, ok := s.sign(); ok && len(points) > 0 {
			p.Add(&plotter.Scatter{XYs: s.signed(points), GlyphStyle: sign})
		}
		if len(dots) > 0 {
			p.Add(&plotter.Scatter{XYs: dots, GlyphStyle: draw.GlyphStyle{Color: line.Color, Radius: 3, Shape: draw.CircleGlyph{}}})
		}
	}
	switch {
	case p.X.Min > p.X.Max: // no values: limits that are valid for any scale
		p.X.Min, p.X.Max = 1, 10
	case c.Log && p.X.Min == p.X.Max:
		p.X.Min, p.X.Max = p.X.Min/10, p.X.Max*10
	}
	switch {
	case !c.LogY:
	case p.Y.Min > p.Y.Max:
		p.Y.Min, p.Y.Max = 1, 10
	case p.Y.Max/p.Y.Min > 10:
		p.Y.Tick.Marker = logTicks{}
	}
	if c.Log {
		widen(&p.X, p.X.Max/10)
	} else {
		widen(&p.X, max(0.5, math.Abs(p.X.Max)*1e-6)) // one epoch has no others beside it
	}
	widen(&p.Y, math.Abs(p.Y.Max)/10)
	p.Draw(draw.Crop(area, 6, -14, 4, -6))
}

// widen makes room around a constant. gonum adds 1 on both sides, which is too much for a loss, and nothing for 1e20.
func widen(axis *plot.Axis, around float64) {
	if axis.Min == axis.Max && around > 0 {
		axis.Min, axis.Max = axis.Min-around, axis.Max+around
	}
}

// wholeTicks places ticks at whole numbers, for epochs. gonum's are often at fractions, and then few are left.
type wholeTicks struct{}

func (wholeTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	const most = 5 // labels, but for one
	step := 1.0
	for i := 0; (high-low)/step > most; i++ { // 1, 2, 5, 10, …
		step *= []float64{2, 2.5, 2}[i%3]
	}
	first := math.Ceil(low / step)
	for i := range most + 1 {
		v := (first + float64(i)) * step
		if v > high {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return ticks
}

// exactTicks writes the values of gonum's ticks, whose labels it rounds too much, with as many digits as they have.
type exactTicks struct{}

func (exactTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	small := (high - low) * 1e-4 // cannot be seen
	for i, t := range ticks {
		if t.Label == "" {
			continue
		}
		for digits := 1; digits <= 17; digits++ {
			ticks[i].Label = strconv.FormatFloat(t.Value, 'g', digits, 64)
			if v, err := strconv.ParseFloat(ticks[i].Label, 64); err == nil && math.Abs(v-t.Value) <= small {
				break
			}
		}
	}
	return ticks
}

// logTicks places ticks at the multiples of powers of ten, and labels the powers; if there are few, also twice and five times those.
// gonum's begin at 1 for values from 0.5 on.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	few := high/low < 1000
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for n := 1.0; n < 10; n++ {
			t := plot.Tick{Value: n * math.Pow(10, e)}
			if t.Value < low || t.Value > high {
				continue
			}
			if n == 1 || few && (n == 2 || n == 5) {
				t.Label = strconv.FormatFloat(t.Value, 'g', 3, 64)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// powerTicks places ticks at powers of ten: 1e-3.
type powerTicks struct{}

func (powerTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	first, last := math.Ceil(math.Log10(low)-1e-9), math.Floor(math.Log10(high)+1e-9)
	for e := first; e <= last; e++ {
		ticks = append(ticks, plot.Tick{Value: math.Pow(10, e), Label: "1e" + strconv.Itoa(int(e))})
	}
	return ticks
}
