package dataset

import "math"

// An outline is a shape as its signed distance function: the distance of a point from the
// shape, negative inside. The shape is about as large as the unit disc around the origin; y
// points down. Formulas are Inigo Quilez's
// (https://iquilezles.org/articles/distfunctions2d).
type outline struct {
	name     string
	distance func(x, y float64) float64
}

// outlines is the classes, in alphabetical order.
var outlines = []outline{
	{"arrow", polygon{{0, -1}, {0.8, -0.1}, {0.3, -0.1}, {0.3, 1}, {-0.3, 1}, {-0.3, -0.1}, {-0.8, -0.1}}.distance},
	{"circle", func(x, y float64) float64 { return math.Hypot(x, y) - 0.88 }},
	{"crescent", crescent},
	{"cross", polygon{{0.28, -1}, {0.28, -0.28}, {1, -0.28}, {1, 0.28}, {0.28, 0.28}, {0.28, 1}, {-0.28, 1}, {-0.28, 0.28}, {-1, 0.28}, {-1, -0.28}, {-0.28, -0.28}, {-0.28, -1}}.distance},
	{"heart", heart},
	{"hourglass", polygon{{-0.75, -0.95}, {0.75, -0.95}, {0.12, 0}, {0.75, 0.95}, {-0.75, 0.95}, {-0.12, 0}}.distance},
	{"ring", func(x, y float64) float64 { return math.Abs(math.Hypot(x, y)-0.74) - 0.21 }},
	{"square", func(x, y float64) float64 { return box(x, y, 0.78) }},
	{"star", star(5, 1.08, 0.45).distance},
	{"triangle", polygon{{0, -1.05}, {0.98, 0.72}, {-0.98, 0.72}}.distance},
}

// crescent is a disc minus another disc. The maximum of two distances is too small near the
// tips, which only softens them.
func crescent(x, y float64) float64 {
	x -= 0.2
	return max(math.Hypot(x, y)-1, 0.75-math.Hypot(x-0.48, y))
}

// heart is two half discs on top of a square that is rotated by 45 degrees.
func heart(x, y float64) float64 {
	const scale = 1.65
	x, y = math.Abs(x)/scale, 0.57-y/scale
	if x+y > 1 {
		return scale * (math.Hypot(x-0.25, y-0.75) - math.Sqrt2/4)
	}
	corner := float64(max(x+y, 0) / 2)
	d := math.Sqrt(min(square(x)+square(y-1), square(x-corner)+square(y-corner)))
	return scale * math.Copysign(d, x-y)
}

// box is a square with corners at (±a, ±a).
func box(x, y, a float64) float64 {
	dx, dy := math.Abs(x)-a, math.Abs(y)-a
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0)
}

// A polygon is the vertices of a shape in order.
type polygon [][2]float64

// star returns a star with n points at the outer radius; its inner vertices are at the
// inner radius.
func star(n int, outer, inner float64) polygon {
	p := make(polygon, 2*n)
	for i := range p {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		sin, cos := math.Sincos(math.Pi * float64(i) / float64(n))
		p[i] = [2]float64{r * sin, -r * cos}
	}
	return p
}

// distance is the distance to the nearest edge. Its sign changes with each edge that a ray
// from the point crosses.
func (p polygon) distance(x, y float64) float64 {
	nearest, sign := math.Inf(1), 1.0
	a := p[len(p)-1]
	for _, b := range p {
		ex, ey := b[0]-a[0], b[1]-a[1]
		px, py := x-a[0], y-a[1]
		along := min(max((float64(px*ex)+float64(py*ey))/(float64(ex*ex)+float64(ey*ey)), 0), 1)
		nearest = min(nearest, square(px-float64(along*ex))+square(py-float64(along*ey)))
		if (a[1] <= y) != (b[1] <= y) && (px*ey < py*ex) == (ey > 0) {
			sign = -sign
		}
		a = b
	}
	return sign * math.Sqrt(nearest)
}

func square(v float64) float64 { return float64(v * v) }
