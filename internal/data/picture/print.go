package picture

import (
	"image"
	"math"
	"slices"
)

// A Print is a fingerprint of a picture that hardly changes when it is scaled or saved again.
type Print struct {
	Hash   uint64               // perceptual: similar pictures differ in few bits
	Colors [low * low * 3]uint8 // of a picture of 8x8 pixels
	Grey   bool                 // red, green and blue hardly differ anywhere
}

// The sizes of a Print: the cells from which the hash is computed, its frequencies, and the
// maximum number of samples of a cell in each direction.
const cells, low, maxPoints = 32, 8, 8

// greyish is the largest difference between channels in a grayscale picture, for rounding in JPEGs.
const greyish = 6

// Print returns the print of p. The hash is the signs, around their median, of the 8x8 lowest
// frequencies of the brightness in 32x32 cells (Zauner 2010, "Implementation and benchmarking of
// perceptual image hash functions").
func (p *Picture) Print() Print {
	out := Print{Grey: true}
	var bright [cells][cells]float64
	var colors [low][low][3]float64
	points := min(max(1, (max(p.size.X, p.size.Y)+cells-1)/cells), maxPoints)
	for y := range cells {
		for x := range cells {
			for i := range points * points {
				c := p.between(x*points+i%points, y*points+i/points, cells*points)
				if max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > greyish {
					out.Grey = false
				}
				bright[y][x] += float64(0.299*float64(c[0])) + float64(0.587*float64(c[1])) + float64(0.114*float64(c[2]))
				for k, v := range c {
					colors[y*low/cells][x*low/cells][k] += float64(v)
				}
			}
		}
	}
	each := float64(points * points * (cells / low) * (cells / low))
	for i := range out.Colors {
		out.Colors[i] = uint8(colors[i/3/low][i/3%low][i%3]/each + 0.5)
	}
	out.Hash = hashOf(&bright)
	return out
}

// between interpolates the picture at point x, y of n by n that are spread over it.
func (p *Picture) between(x, y, n int) [3]float32 {
	x0, x1, fx := between(x, n, 0, p.size.X)
	y0, y1, fy := between(y, n, 0, p.size.Y)
	if p.size.X > n && p.size.Y > n {
		return p.at(x0, y0) // the mean over a cell smooths enough
	}
	return mix(mix(p.at(x0, y0), p.at(x1, y0), fx), mix(p.at(x0, y1), p.at(x1, y1), fx), fy)
}

// cosines is the matrix of the DCT-II.
var cosines = func() (c [low][cells]float64) {
	for u := range low {
		for x := range cells {
			c[u][x] = math.Cos(math.Pi * float64(u) * (float64(x) + 0.5) / cells)
		}
	}
	return c
}()

func hashOf(bright *[cells][cells]float64) (hash uint64) {
	var rows [low][cells]float64 // by horizontal frequency, then row
	for u := range low {
		for y := range cells {
			for x, v := range bright[y] {
				rows[u][y] += float64(v * cosines[u][x])
			}
		}
	}
	var found [low * low]float64
	for v := range low {
		for u := range low {
			for y := range cells {
				found[v*low+u] += float64(rows[u][y] * cosines[v][y])
			}
		}
	}
	sorted := slices.Sorted(slices.Values(found[1:])) // without the mean
	median := sorted[len(sorted)/2]
	for i, f := range found {
		if f > median {
			hash |= 1 << i
		}
	}
	return hash
}

// FromPixels returns pixels [H,W,C], from 0 to 255 and with C 1 or 3, as a picture.
func FromPixels(pixels []float32, shape []int) *Picture {
	w, c := shape[1], shape[2]
	return &Picture{size: image.Pt(w, shape[0]), at: func(x, y int) [3]float32 {
		p := pixels[(y*w+x)*c:]
		if c == 1 {
			return [3]float32{p[0], p[0], p[0]}
		}
		return [3]float32{p[0], p[1], p[2]}
	}}
}
