package kernels

import "math"

// AdafactorSquares updates the mean squares v of gradients g, in place, as Keras 3's
// keras/src/optimizers/adafactor.py does before it factors them:
//
//	v = v·beta + (g² + epsilon)·(1-beta)
func AdafactorSquares(v, g []float32, beta, epsilon float64) {
	need("AdafactorSquares", "g", g, len(v))
	adafactorSquaresLoop.run(blocks(len(v), grain), adafactorSquaresArgs{v, g, float32(beta), float32(1 - beta), float32(epsilon)})
}

type adafactorSquaresArgs struct {
	v, g                []float32
	beta, rest, epsilon float32
}

var adafactorSquaresLoop = newLoop(func(a *adafactorSquaresArgs, part int) {
	from, to := block(part, len(a.v), grain)
	v, g := a.v[from:to], a.g[from:to]
	for i := range v {
		v[i] = float32(v[i]*a.beta) + float32((float32(g[i]*g[i])+a.epsilon)*a.rest)
	}
})

// A Factored describes values of which only the means of rows and columns are kept: a piece of
// matrices [.., Rows, Columns] that begins at value From.
type Factored struct{ Rows, Columns, From int }

// place returns the row among all matrices of value i of the piece, its column, and where the columns of
// its matrix begin.
func (f Factored) place(i int) (row, column, columns int) {
	row, column = (f.From+i)/f.Columns, (f.From+i)%f.Columns
	return row, column, row / f.Rows * f.Columns
}

// Sum adds the values x of the piece to the sums of rows and of columns of all matrices.
func (f Factored) Sum(rows, columns []float64, x []float32) {
	for at := 0; at < len(x); {
		row, column, first := f.place(at)
		line := x[at:min(len(x), at+f.Columns-column)]
		sum, c := 0.0, columns[first+column:][:len(line)]
		for i, v := range line {
			sum += float64(v)
			c[i] += float64(v)
		}
		rows[row] += sum
		at += len(line)
	}
}

// Multiply sets the values x of the piece to the products of what their rows and their columns have.
func (f Factored) Multiply(x []float32, rows, columns []float64) {
	factoredLoop.run(blocks(len(x), grain), factoredArgs{f, x, rows, columns})
}

type factoredArgs struct {
	Factored
	x             []float32
	rows, columns []float64
}

var factoredLoop = newLoop(func(a *factoredArgs, part int) {
	from, to := block(part, len(a.x), grain)
	for at := from; at < to; {
		row, column, first := a.place(at)
		line := a.x[at:min(to, at+a.Columns-column)]
		r, c := a.rows[row], a.columns[first+column:]
		for i := range line {
			line[i] = float32(r * c[i])
		}
		at += len(line)
	}
})

// AdafactorDirection divides gradients g by the roots of their mean squares v; a gradient of 0 stays,
// whatever v is.
func AdafactorDirection(g, v []float32) {
	need("AdafactorDirection", "v", v, len(g))
	adafactorDirectionLoop.run(blocks(len(g), grain), adafactorDirectionArgs{g, v})
}

type adafactorDirectionArgs struct{ g, v []float32 }

var adafactorDirectionLoop = newLoop(func(a *adafactorDirectionArgs, part int) {
	from, to := block(part, len(a.g), grain)
	g, v := a.g[from:to], a.v[from:to]
	for i, x := range g {
		if x != 0 {
			g[i] = x / float32(math.Sqrt(float64(v[i])))
		}
	}
})
