package kernels

// spare holds working memory between calls.
var spare = make(chan []float32, 16)

// takeScratch returns n values of unknown content. Give them back with giveScratch.
func takeScratch(n int) []float32 {
	var s []float32
	select {
	case s = <-spare:
	default:
	}
	if cap(s) < n {
		s = make([]float32, n)
	}
	return s[:n]
}

func giveScratch(s []float32) {
	select {
	case spare <- s:
	default:
	}
}
