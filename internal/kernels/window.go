package kernels

// window returns the number of windows of size k along an axis of size in, and the number
// of zeros before it, by TensorFlow's rule for 'valid' and 'same' padding
// (tf.nn.convolution, "Notes on padding").
func window(in, k, stride int, same bool) (out, before int) {
	if same {
		out = blocks(in, stride)
		return out, max((out-1)*stride+k-in, 0) / 2
	}
	if in < k {
		return 0, 0
	}
	return (in-k)/stride + 1, 0
}

// span is the size of a window of k cells with gaps between them.
func span(k, gap int) int { return (k-1)*(gap+1) + 1 }

// inside returns the range [from,to) of cells of a window that starts at position start,
// has gap pixels between cells, and that are inside an axis of size in; the others are
// padding.
func inside(start, k, gap, in int) (from, to int) {
	return max(0, blocks(-start, gap+1)), min(k, blocks(in-start, gap+1))
}

// touches reports whether each of out windows, k pixels long with its gaps, reaches into the axis.
func touches(out, k, stride, before, in int) bool {
	return out == 0 || before < k && (out-1)*stride-before < in
}
