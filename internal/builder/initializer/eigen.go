package initializer

import (
	"cmp"
	"math"
	"slices"
)

// eigen returns the eigenvalues of a symmetric matrix [d,d], the largest first, and its
// eigenvectors as rows, the largest component of each positive. It overwrites a. It uses Jacobi's
// method, cyclic by rows (Golub and Van Loan, Matrix Computations, section 8.5).
func eigen(a []float64, d int) (values, vectors []float64) {
	v := make([]float64, d*d) // columns
	for i := range d {
		v[i*d+i] = 1
	}
	for range 100 { // some 10 suffice
		rotated := false
		for p := range d {
			for q := p + 1; q < d; q++ {
				apq := a[p*d+q]
				if math.Abs(apq) <= 1e-16*math.Sqrt(math.Abs(float64(a[p*d+p]*a[q*d+q]))) || apq == 0 {
					continue
				}
				rotated = true
				theta := (a[q*d+q] - a[p*d+p]) / (2 * apq)
				t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
				if theta < 0 {
					t = -t
				}
				c := 1 / math.Sqrt(float64(t*t)+1)
				s := t * c
				for k := range d {
					rotate(&a[k*d+p], &a[k*d+q], c, s)
				}
				for k := range d {
					rotate(&a[p*d+k], &a[q*d+k], c, s)
				}
				for k := range d {
					rotate(&v[k*d+p], &v[k*d+q], c, s)
				}
			}
		}
		if !rotated {
			break
		}
	}
	order := make([]int, d)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(a[j*d+j], a[i*d+i]) })
	for _, i := range order {
		values = append(values, a[i*d+i])
		largest := 0
		for k := range d {
			if math.Abs(v[k*d+i]) > math.Abs(v[largest*d+i]) {
				largest = k
			}
		}
		sign := math.Copysign(1, v[largest*d+i])
		for k := range d {
			vectors = append(vectors, sign*v[k*d+i])
		}
	}
	return values, vectors
}

// rotate turns the vector of two values.
func rotate(x, y *float64, c, s float64) {
	*x, *y = float64(c**x)-float64(s**y), float64(s**x)+float64(c**y)
}
