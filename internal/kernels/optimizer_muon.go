package kernels

import "math"

// NewtonSchulz is the iteration that makes a matrix nearly orthogonal: with X = g/‖g‖ at first, and
// Steps times
//
//	X = A·X + (B·XXᵀ + C·(XXᵀ)²)·X
//
// all singular values go to near 1 (Jordan et al. 2024, Muon: https://kellerjordan.github.io/posts/muon;
// Keras 3's keras/src/optimizers/muon.py).
type NewtonSchulz struct {
	A, B, C float64
	Steps   int
}

// Apply replaces the matrix g [rows,columns] by the result.
func (s NewtonSchulz) Apply(g []float32, rows, columns int) {
	need("NewtonSchulz.Apply", "g", g, rows, columns)
	g = g[:rows*columns]
	Affine(g, g, float32(1/(math.Sqrt(SumSquares(g))+1e-7)), 0)
	small := min(rows, columns)
	square, polynomial, product := takeScratch(small*small), takeScratch(small*small), takeScratch(rows*columns)
	for range s.Steps {
		if rows > columns { // XᵀX is the smaller one
			DenseGradW(square, g, g, rows, columns, columns)
		} else {
			DenseGradX(square, g, g, rows, rows, columns)
		}
		Dense(polynomial, square, square, nil, small, small, small, false)
		Combine(polynomial[:small*small], square, polynomial, float32(s.B), float32(s.C))
		if rows > columns {
			Dense(product, g, polynomial, nil, rows, columns, columns, false)
		} else {
			Dense(product, polynomial, g, nil, rows, rows, columns, false)
		}
		Combine(g, g, product, float32(s.A), 1)
	}
	giveScratch(square)
	giveScratch(polynomial)
	giveScratch(product)
}
