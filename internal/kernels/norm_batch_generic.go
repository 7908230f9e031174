package kernels

// columnRows is the rows of one part that are still to do.
type columnRows struct{ columnArgs }

func (a *columnArgs) rows(part int) columnRows {
	r := columnRows{*a}
	from, to := block(part, a.s.N, a.block())
	cut := func(x []float32) []float32 {
		if x == nil {
			return nil
		}
		return x[from*a.s.C : to*a.s.C]
	}
	r.s.N = to - from
	r.out, r.x, r.dy = cut(a.out), cut(a.x), cut(a.dy)
	if a.sums != nil {
		r.sums = a.sums[part*2*a.wide:][:2*a.wide]
	}
	return r
}

// skip leaves out the first rows, which are done.
func (r *columnRows) skip(rows int) {
	done := rows * r.s.C
	r.s.N -= rows
	r.x = r.x[done:]
	if r.out != nil {
		r.out = r.out[done:]
	}
	if r.dy != nil {
		r.dy = r.dy[done:]
	}
}

// fold leaves out the first rows, whose sums are there for rows taken together,
// and makes sums over channels of them.
func (r *columnRows) fold(rows int) {
	r.skip(rows)
	for _, sums := range [][]float32{r.sums[:r.wide], r.sums[r.wide:]} {
		for i := r.s.C; i < r.wide; i++ {
			sums[i%r.s.C] += sums[i]
		}
	}
}

func (r *columnRows) moments() {
	c, mean := r.s.C, r.column(columnMean)
	sum, squares := r.sums[:c], r.sums[r.wide:][:c]
	for n := range r.s.N {
		for i, v := range r.x[n*c:][:c] {
			d := v - mean[i]
			sum[i] += d
			squares[i] += d * d
		}
	}
}

// normalized returns x - mean and y of channel i, before a ReLU. Each operation
// is rounded on its own, so that forward and backward agree on the sign of y.
func (r *columnRows) normalized(x float32, i int) (d, y float32) {
	d = x - r.columns[columnMean*r.wide+i]
	y = float32(d*r.columns[columnScale*r.wide+i]) + r.columns[columnOffset*r.wide+i]
	return d, y
}

func (r *columnRows) norm() {
	c := r.s.C
	for n := range r.s.N {
		out := r.out[n*c:][:c]
		for i, v := range r.x[n*c:][:c] {
			_, y := r.normalized(v, i)
			if r.s.ReLU {
				y = max(y, 0)
			}
			out[i] = y
		}
	}
}

// gradient returns x - mean and the gradient for y before a ReLU.
func (r *columnRows) gradient(x, dy float32, i int) (d, g float32) {
	d, y := r.normalized(x, i)
	if r.s.ReLU && !(y > 0) {
		return d, 0
	}
	return d, dy
}

func (r *columnRows) normGradSums() {
	c := r.s.C
	sum, product := r.sums[:c], r.sums[r.wide:][:c]
	for n := range r.s.N {
		dy := r.dy[n*c:][:c]
		for i, v := range r.x[n*c:][:c] {
			d, g := r.gradient(v, dy[i], i)
			sum[i] += g
			product[i] += g * d
		}
	}
}

func (r *columnRows) normGrad() {
	c := r.s.C
	scale, slope, constant := r.column(columnScale), r.column(columnSlope), r.column(columnConstant)
	for n := range r.s.N {
		dx, dy := r.out[n*c:][:c], r.dy[n*c:][:c]
		for i, v := range r.x[n*c:][:c] {
			d, g := r.gradient(v, dy[i], i)
			dx[i] = float32(g*scale[i]) - float32(d*slope[i]) - constant[i]
		}
	}
}
