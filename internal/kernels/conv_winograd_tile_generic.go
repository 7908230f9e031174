package kernels

// The transforms, channel by channel: first the columns, then the rows. The functions of
// type column multiply by a matrix of conv_winograd.go.

func winogradImageGeneric(t *winogradTile)      { t.toPlanes(6, imageColumn) }
func winogradFilterGeneric(t *winogradTile)     { t.toPlanes(3, filterColumn) }
func winogradOutputGeneric(t *winogradTile)     { t.toPixels(4, outputColumn, t.bias) }
func winogradOutputGradGeneric(t *winogradTile) { t.toPlanes(4, outputGradColumn) }
func winogradFilterGradGeneric(t *winogradTile) { t.toPixels(3, filterGradColumn, nil) }

func winogradFilter5Generic(t *winogradTile)     { t.toPlanes(5, filter5Column) }
func winogradOutput5Generic(t *winogradTile)     { t.toPixels(2, output5Column, t.bias) }
func winogradOutputGrad5Generic(t *winogradTile) { t.toPlanes(2, outputGrad5Column) }
func winogradFilterGrad5Generic(t *winogradTile) { t.toPixels(5, filterGrad5Column, nil) }

// A winogradColumn is a column before or after; shorter ones leave the rest unused.
type winogradColumn [winogradIn]float32

// toPlanes computes planes = m·pixels·mᵀ of k by k pixels, where column multiplies by m.
func (t *winogradTile) toPlanes(k int, column func(winogradColumn) winogradColumn) {
	for c := range t.channels {
		var half [winogradIn]winogradColumn
		for j := range k {
			var v winogradColumn
			for i := range k {
				v[i] = *value(t.pixels[i*k+j], c*float)
			}
			half[j] = column(v)
		}
		for i := range winogradIn {
			var v winogradColumn
			for j := range k {
				v[j] = half[j][i]
			}
			for j, x := range column(v) {
				*value(t.planes, (i*winogradIn+j)*t.plane+c*float) = x
			}
		}
	}
}

// toPixels computes k by k pixels = m·planes·mᵀ, plus bias unless that is nil.
func (t *winogradTile) toPixels(k int, column func(winogradColumn) winogradColumn, bias *float32) {
	for c := range t.channels {
		add := float32(0)
		if bias != nil {
			add = *value(bias, c*float)
		}
		var half [winogradIn]winogradColumn
		for j := range winogradIn {
			var v winogradColumn
			for i := range v {
				v[i] = *value(t.planes, (i*winogradIn+j)*t.plane+c*float)
			}
			half[j] = column(v)
		}
		for i := range k {
			var v winogradColumn
			for j := range v {
				v[j] = half[j][i]
			}
			v = column(v)
			for j, x := range v[:k] {
				if x += add; t.relu == 1 {
					x = max(x, 0)
				}
				*value(t.pixels[i*k+j], c*float) = x
			}
		}
	}
}

// imageColumn is Bᵀ.
func imageColumn(d winogradColumn) winogradColumn {
	a, b := d[4]-4*d[2], d[3]-4*d[1]
	e, f := d[4]-d[2], 2*(d[3]-d[1])
	return winogradColumn{4*d[0] - 5*d[2] + d[4], a + b, a - b, e + f, e - f, 4*d[1] - 5*d[3] + d[5]}
}

// filterColumn is G.
func filterColumn(g winogradColumn) winogradColumn {
	a, b := (g[0]+g[2])*(-1./6), g[1]*(1./6)
	e, f := g[0]*(1./24)+g[2]*(1./6), g[1]*(1./12)
	return winogradColumn{g[0] * (1. / 4), a - b, a + b, e + f, e - f, g[2]}
}

// outputColumn is Aᵀ.
func outputColumn(m winogradColumn) winogradColumn {
	a, b, e, f := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	return winogradColumn{m[0] + a + e, b + 2*f, a + 4*e, b + 8*f + m[5]}
}

// outputGradColumn is A.
func outputGradColumn(d winogradColumn) winogradColumn {
	a, b := d[0]+d[2], d[1]+d[3]
	e, f := d[0]+4*d[2], 2*d[1]+8*d[3]
	return winogradColumn{d[0], a + b, a - b, e + f, e - f, d[3]}
}

// filterGradColumn is Gᵀ.
func filterGradColumn(m winogradColumn) winogradColumn {
	a, e := m[1]+m[2], m[3]+m[4]
	return winogradColumn{
		m[0]*(1./4) - a*(1./6) + e*(1./24),
		(m[2]-m[1])*(1./6) + (m[3]-m[4])*(1./12),
		(e-a)*(1./6) + m[5],
	}
}

// filter5Column is G for 5x5 filters.
func filter5Column(g winogradColumn) winogradColumn {
	a, b := (g[0]+g[2]+g[4])*(-1./6), (g[1]+g[3])*(1./6)
	e, f := (g[0]+4*(g[2]+4*g[4]))*(1./24), (g[1]+4*g[3])*(1./12)
	return winogradColumn{g[0] * (1. / 4), a - b, a + b, e + f, e - f, g[4]}
}

// output5Column is Aᵀ for 5x5 filters.
func output5Column(m winogradColumn) winogradColumn {
	return winogradColumn{m[0] + (m[1] + m[2]) + (m[3] + m[4]), m[1] - m[2] + m[5] + 2*(m[3]-m[4])}
}

// outputGrad5Column is A for 5x5 filters.
func outputGrad5Column(d winogradColumn) winogradColumn {
	return winogradColumn{d[0], d[0] + d[1], d[0] - d[1], d[0] + 2*d[1], d[0] - 2*d[1], d[1]}
}

// filterGrad5Column is Gᵀ for 5x5 filters.
func filterGrad5Column(m winogradColumn) winogradColumn {
	a, b, e, f := m[1]+m[2], m[2]-m[1], m[3]+m[4], m[3]-m[4]
	return winogradColumn{
		m[0]*(1./4) - a*(1./6) + e*(1./24),
		b*(1./6) + f*(1./12),
		(e - a) * (1. / 6),
		(b + 2*f) * (1. / 6),
		(4*e-a)*(1./6) + m[5],
	}
}
