package kernels

// A winogradTile is one tile to be transformed between pixels and planes, in some channels.
// See conv_winograd.go.
type winogradTile struct {
	pixels   [winogradPlanes]*float32 // row by row, as many as the transform needs
	planes   *float32                 // this tile in the first plane, padded to whole vectors
	plane    int                      // distance of planes in bytes
	channels int
	bias     *float32 // added to each pixel of an output, padded to whole vectors
	relu     int      // 1: apply ReLU to the output
}

// winogradTransforms are the transforms that depend on the size of the filters.
type winogradTransforms struct {
	filter, output, outputGrad, filterGrad func(t *winogradTile)
}

// window points to k by k pixels of an image of h rows of w pixels, from row ih and column
// iw on; pixels outside the image are nil. size is the distance of pixels.
func (t *winogradTile) window(image []float32, h, w, size, k, ih, iw int, nothing *float32) {
	row0, row1 := inside(ih, k, 0, h)
	col0, col1 := inside(iw, k, 0, w)
	for i := range k {
		pixels := t.pixels[i*k:][:k]
		if i < row0 || i >= row1 {
			for j := range pixels {
				pixels[j] = nothing
			}
			continue
		}
		for j := range pixels[:col0] {
			pixels[j] = nothing
		}
		at := ((ih+i)*w + iw + col0) * size
		for j := col0; j < col1; j++ {
			pixels[j] = &image[at]
			at += size
		}
		for j := col1; j < k; j++ {
			pixels[j] = nothing
		}
	}
}
