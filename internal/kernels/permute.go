package kernels

// A Permutation exchanges the axes of N examples of size In: axis i of the output is axis
// Order[i] of the input, counted from 0.
type Permutation struct {
	N         int
	In, Order [3]int
}

// Permute computes out[n, i[0], i[1], i[2]] = x[n, j[0], j[1], j[2]], where j[Order[k]] =
// i[k].
func Permute(out, x []float32, s Permutation) {
	need("Permute", "out", out, s.N, s.In[0], s.In[1], s.In[2])
	need("Permute", "x", x, s.N, s.In[0], s.In[1], s.In[2])
	permuteLoop.run(s.N, permuteArgs{out, x, s})
}

type permuteArgs struct {
	out, x []float32
	s      Permutation
}

// One part is one example.
var permuteLoop = newLoop(func(a *permuteArgs, n int) {
	s := &a.s
	steps := [3]int{s.In[1] * s.In[2], s.In[2], 1}
	o := s.Order
	size := s.In[0] * s.In[1] * s.In[2]
	x, out := a.x[n*size:][:size], a.out[n*size:][:size]
	for i := range s.In[o[0]] {
		for j := range s.In[o[1]] {
			at, step := i*steps[o[0]]+j*steps[o[1]], steps[o[2]]
			row := out[:s.In[o[2]]]
			out = out[len(row):]
			if step == 1 {
				copy(row, x[at:])
				continue
			}
			for k := range row {
				row[k] = x[at]
				at += step
			}
		}
	}
})
