package picture

import "image"

// Size returns width and height of the image after rotation.
func (p *Picture) Size() image.Point { return p.size }

// Resize writes the picture to dst, [H,W,C] with C 1 or 3, from 0 to 255. With crop it
// takes the largest centred rectangle with the aspect ratio of shape; otherwise it
// stretches the image. One channel is greyscale. Bilinear interpolation at pixel centres
// without antialiasing, as in tf.image.resize and Keras.
func (p *Picture) Resize(dst []float32, shape []int, crop bool) {
	part := image.Rectangle{Max: p.size}
	if crop {
		part = centre(part, shape)
	}
	height, width, channels := shape[0], shape[1], shape[2]
	for y := range height {
		y0, y1, fy := between(y, height, part.Min.Y, part.Max.Y)
		for x := range width {
			x0, x1, fx := between(x, width, part.Min.X, part.Max.X)
			upper, lower := mix(p.at(x0, y0), p.at(x1, y0), fx), mix(p.at(x0, y1), p.at(x1, y1), fx)
			pixel := mix(upper, lower, fy)
			out := dst[(y*width+x)*channels:][:channels]
			if copy(out, pixel[:]); channels == 1 {
				out[0] = float32(0.299*pixel[0]) + float32(0.587*pixel[1]) + float32(0.114*pixel[2])
			}
		}
	}
}

// centre returns the largest centred rectangle of an image with the aspect ratio of shape
// [H,W,C], as in Keras's smart_resize.
func centre(r image.Rectangle, shape []int) image.Rectangle {
	height := max(1, min(r.Dy(), r.Dx()*shape[0]/shape[1]))
	width := max(1, min(r.Dx(), r.Dy()*shape[1]/shape[0]))
	from := r.Min.Add(image.Pt((r.Dx()-width)/2, (r.Dy()-height)/2))
	return image.Rectangle{from, from.Add(image.Pt(width, height))}
}

// between returns the two positions in [low, high) between which the centre of output
// position i of n lies, and the weight of the second.
func between(i, n, low, high int) (first, second int, share float32) {
	at := float32((float32(i)+0.5)*(float32(high-low)/float32(n))) - 0.5
	floor := int(at+1) - 1 // at is at least -0.5
	share = at - float32(floor)
	return low + max(floor, 0), min(low+floor+1, high-1), share
}

func mix(a, b [3]float32, share float32) [3]float32 {
	for k := range a {
		a[k] += float32((b[k] - a[k]) * share)
	}
	return a
}
