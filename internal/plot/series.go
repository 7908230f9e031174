package plot

import (
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Series is one curve.
type Series struct {
	Name  string // in the legend; equal names share an entry
	X, Y  []float64
	Group int       // determines the colour, and the marker if there are more groups than colours
	Thin  bool      // dashed: for training, next to validation
	Marks []float64 // the X of a dot
}

// signs are the markers that distinguish groups of the same colour. The first group has
// none; a dot marks the best epoch.
var signs = []draw.GlyphDrawer{
	nil, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{},
}

// line returns the style of the line. Groups beyond all combinations of colours and markers
// have a dash-dotted line.
func (s *Series) line() draw.LineStyle {
	style := draw.LineStyle{Color: palette[s.Group%len(palette)], Width: 1.6}
	if s.Thin {
		style.Width, style.Dashes = 1.2, []vg.Length{4, 2.5}
	} else if round := s.Group / (len(palette) * len(signs)); round > 0 {
		style.Dashes = []vg.Length{8}
		for range round {
			style.Dashes = append(style.Dashes, 2, 2, 2)
		}
		style.Dashes[len(style.Dashes)-1] = 3
	}
	return style
}

// sign returns the marker at some points of the curve, nil if there is none.
func (s *Series) sign() (draw.GlyphStyle, bool) {
	shape := signs[s.Group/len(palette)%len(signs)]
	return draw.GlyphStyle{Color: palette[s.Group%len(palette)], Radius: 3, Shape: shape}, shape != nil
}

// signed returns the points with a marker, different ones for each group.
func (s *Series) signed(points plotter.XYs) (at plotter.XYs) {
	const most = 6
	step := max(1, len(points)/most)
	for i := s.Group % step; i < len(points); i += step {
		at = append(at, points[i])
	}
	return at
}

// drawable limits coordinates; gonum does not terminate for an axis as long as the range of
// float64.
const drawable = 1e100

// points returns the points of the curve that can be drawn; on logarithmic axes those above
// zero.
func (s *Series) points(logX, logY bool) (points plotter.XYs) {
	for i, x := range s.X {
		if y := s.Y[i]; math.Abs(x) < drawable && math.Abs(y) < drawable && (x > 0 || !logX) && (y > 0 || !logY) {
			points = append(points, plotter.XY{X: x, Y: y})
		}
	}
	return points
}

// manyPoints is the largest number of points of a curve that is drawn in full.
const manyPoints = 800

// thinned replaces groups of points by their minimum and maximum if there are many, so that
// no peak is lost.
func thinned(points plotter.XYs) plotter.XYs {
	if len(points) <= manyPoints {
		return points
	}
	var kept plotter.XYs
	each := (2*len(points) + manyPoints - 1) / manyPoints
	for start := 0; start < len(points); start += each {
		some := points[start:min(start+each, len(points))]
		low, high := 0, 0
		for i, p := range some {
			if p.Y < some[low].Y {
				low = i
			}
			if p.Y > some[high].Y {
				high = i
			}
		}
		kept = append(kept, some[min(low, high)])
		if low != high {
			kept = append(kept, some[max(low, high)])
		}
	}
	return kept
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
