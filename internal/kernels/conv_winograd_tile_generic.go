package kernels

// The matrices of Winograd's F(4x4,3x3), from Lavin and Gray.
var (
	winogradB = rowMajor([]float32{
		4, 0, -5, 0, 1, 0,
		0, -4, -4, 1, 1, 0,
		0, 4, -4, -1, 1, 0,
		0, -2, -1, 2, 1, 0,
		0, 2, -1, -2, 1, 0,
		0, 4, 0, -5, 0, 1,
	}, 6, 6, 6) // Bᵀ
	winogradG = rowMajor([]float32{
		1. / 4, 0, 0,
		-1. / 6, -1. / 6, -1. / 6,
		-1. / 6, 1. / 6, -1. / 6,
		1. / 24, 1. / 12, 1. / 6,
		1. / 24, -1. / 12, 1. / 6,
		0, 0, 1,
	}, 6, 3, 3)
	winogradA = rowMajor([]float32{
		1, 1, 1, 1, 1, 0,
		0, 1, -1, 2, -2, 0,
		0, 1, 1, 4, 4, 0,
		0, 1, -1, 8, -8, 1,
	}, 4, 6, 6) // Aᵀ
)

// The transforms, channel by channel.
func (t *winogradTile) imageGeneric()      { t.toPlanes(winogradB) }
func (t *winogradTile) filterGeneric()     { t.toPlanes(winogradG) }
func (t *winogradTile) outputGeneric()     { t.toPixels(winogradA, t.bias) }
func (t *winogradTile) outputGradGeneric() { t.toPlanes(winogradA.transposed()) }
func (t *winogradTile) filterGradGeneric() { t.toPixels(winogradG.transposed(), nil) }

// toPlanes computes planes = m·pixels·mᵀ.
func (t *winogradTile) toPlanes(m matrix) {
	for c := range t.channels {
		var pixels, planes [winogradPlanes]float32
		for i := range m.cols * m.cols {
			pixels[i] = *value(t.pixels[i], c*float)
		}
		m.sandwich(planes[:], pixels[:])
		for i := range m.rows * m.rows {
			*value(t.planes, i*t.plane+c*float) = planes[i]
		}
	}
}

// toPixels computes pixels = m·planes·mᵀ, plus bias unless that is nil.
func (t *winogradTile) toPixels(m matrix, bias *float32) {
	for c := range t.channels {
		var pixels, planes [winogradPlanes]float32
		for i := range m.cols * m.cols {
			planes[i] = *value(t.planes, i*t.plane+c*float)
		}
		m.sandwich(pixels[:], planes[:])
		for i := range m.rows * m.rows {
			if bias != nil {
				pixels[i] += *value(bias, c*float)
			}
			if t.relu == 1 {
				pixels[i] = max(pixels[i], 0)
			}
			*value(t.pixels[i], c*float) = pixels[i]
		}
	}
}

// sandwich computes to = m·from·mᵀ.
func (m matrix) sandwich(to, from []float32) {
	var half [winogradPlanes]float32
	product := rowMajor(half[:], m.rows, m.cols, m.cols)
	mulAdd(product, m, rowMajor(from, m.cols, m.cols, m.cols))
	mulAdd(rowMajor(to, m.rows, m.rows, m.rows), product, m.transposed())
}
