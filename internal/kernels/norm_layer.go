package kernels

// layerNorms reports whether s is a layer normalization that the assembly computes.
func (s *GroupNorm) layerNorms() bool {
	return s.Groups == 1 && s.Pixels == 1 && s.C%16 == 0 && current().layerNorm != nil
}

// apply, grad and gradSums compute the rows from from to to, for layerNorms.
func (a *groupNormArgs) apply(from, to int) {
	gamma, beta := orElse(a.gamma, a.s.C, 1), orElse(a.beta, a.s.C, 0)
	current().layerNorm(a.row(a.out, from), a.row(a.x, from), gamma, beta, to-from, a.s.C, float32(a.s.C), float32(a.s.Epsilon))
	giveUnless(a.gamma, gamma)
	giveUnless(a.beta, beta)
}

func (a *groupNormArgs) grad(from, to int) {
	gamma := orElse(a.gamma, a.s.C, 1)
	current().layerNormGrad(a.row(a.out, from), a.row(a.x, from), a.row(a.dy, from), gamma, to-from, a.s.C, float32(a.s.C), float32(a.s.Epsilon))
	giveUnless(a.gamma, gamma)
}

func (a *groupNormArgs) gradSums(dbeta, dgamma []float32, from, to int) {
	current().layerNormGradSums(dbeta, dgamma, a.row(a.x, from), a.row(a.dy, from), to-from, a.s.C, float32(a.s.C), float32(a.s.Epsilon))
}

// row returns x from a row on.
func (a *groupNormArgs) row(x []float32, i int) []float32 { return x[i*a.s.C:] }

// orElse returns x, or n times a value if that is nil; giveUnless gives that back.
func orElse(x []float32, n int, value float32) []float32 {
	if x != nil {
		return x
	}
	x = takeScratch(n)
	for i := range x {
		x[i] = value
	}
	return x
}

func giveUnless(x, used []float32) {
	if x == nil {
		giveScratch(used)
	}
}
