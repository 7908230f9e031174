package kernels

// columnRows is the remaining rows of one part.
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
	r.out, r.x, r.dy, r.plus = cut(a.out), cut(a.x), cut(a.dy), cut(a.plus)
	if a.sums != nil {
		r.sums = a.sums[part*2*a.wide:][:2*a.wide]
	}
	return r
}

// skip removes the first rows processed together, which are done.
func (r *columnRows) skip(whole int) {
	done := whole * r.wide
	r.s.N -= done / r.s.C
	r.x = r.x[done:]
	if r.out != nil {
		r.out = r.out[done:]
	}
	if r.dy != nil {
		r.dy = r.dy[done:]
	}
}

// fold is skip, and adds up the sums of the rows processed together to sums per channel.
func (r *columnRows) fold(whole int) {
	r.skip(whole)
	for _, sums := range [][]float32{r.sums[:r.wide], r.sums[r.wide:]} {
		for row := r.s.C; row < r.wide; row += r.s.C {
			for c, v := range sums[row:][:r.s.C] {
				sums[c] += v
			}
		}
	}
}

// whole returns the number of groups of rows processed together; 0 if these do not fill
// whole vectors.
func (r *columnRows) whole() int {
	if r.wide == 0 || r.wide%16 != 0 {
		return 0
	}
	return r.s.N * r.s.C / r.wide
}

// normalize computes y for the rows.
func (r columnRows) normalize(set *instructionSet) {
	if whole := r.whole(); whole > 0 {
		set.norm(r.out, r.x, r.columns, whole, r.wide, r.wide, r.s.ReLU, r.s.most())
		r.skip(whole)
	}
	normGeneric(r.out, r.x, r.columns, r.s.N, r.s.C, r.wide, r.s.ReLU, r.s.most())
}

func momentsGeneric(x, columns, sums []float32, rows, width, stride int) {
	mean, sum, squares := columns[:width], sums[:width], sums[stride:][:width]
	for n := range rows {
		for i, v := range x[n*width:][:width] {
			d := v - mean[i]
			sum[i] += d
			squares[i] += float32(d * d)
		}
	}
}

// A normalizer is the columns for x - mean and y, before a ReLU, capped at most. Each operation is rounded
// separately, so that forward and backward pass agree on the sign of y.
type normalizer struct {
	mean, scale, offset []float32
	relu                bool
	most                float32
}

func newNormalizer(columns []float32, width, stride int, relu bool, most float32) normalizer {
	at := func(i int) []float32 { return columns[i*stride:][:width] }
	return normalizer{at(columnMean), at(columnScale), at(columnOffset), relu, most}
}

// apply returns x - mean and y of column i.
func (n *normalizer) apply(x float32, i int) (d, y float32) {
	d = x - n.mean[i]
	return d, float32(d*n.scale[i]) + n.offset[i]
}

// gradient returns x - mean and the gradient for y before a ReLU.
func (n *normalizer) gradient(x, dy float32, i int) (d, g float32) {
	d, y := n.apply(x, i)
	if n.relu && !(y > 0 && y < n.most) {
		return d, 0
	}
	return d, dy
}

func normGeneric(out, x, columns []float32, rows, width, stride int, relu bool, most float32) {
	c := newNormalizer(columns, width, stride, relu, most)
	for n := range rows {
		out := out[n*width:][:width]
		for i, v := range x[n*width:][:width] {
			_, y := c.apply(v, i)
			if relu {
				y = min(max(y, 0), most)
			}
			out[i] = y
		}
	}
}

func normGradSumsGeneric(x, dy, columns, sums []float32, rows, width, stride int, relu bool, most float32) {
	c := newNormalizer(columns, width, stride, relu, most)
	sum, product := sums[:width], sums[stride:][:width]
	for n := range rows {
		dy := dy[n*width:][:width]
		for i, v := range x[n*width:][:width] {
			d, g := c.gradient(v, dy[i], i)
			sum[i] += g
			product[i] += float32(g * d)
		}
	}
}

func normGradGeneric(dx, x, dy, columns []float32, rows, width, stride int, relu bool, most float32) {
	c := newNormalizer(columns, width, stride, relu, most)
	slope, constant := columns[columnSlope*stride:][:width], columns[columnConstant*stride:][:width]
	for n := range rows {
		dx, dy := dx[n*width:][:width], dy[n*width:][:width]
		for i, v := range x[n*width:][:width] {
			d, g := c.gradient(v, dy[i], i)
			dx[i] = float32(g*c.scale[i]) - float32(d*slope[i]) - constant[i]
		}
	}
}
