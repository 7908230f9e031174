package kernels

import "unsafe"

// A fetch walks over what follows a product. Its tiles fetch a part each, in rounds of one axis.
type fetch struct {
	step int // bytes for each round of a tile; 0: there is nothing to fetch
	part int // values for each tile
	at   int // the first value of the next tile
}

// fetch divides p.next among the tiles of a product of the given size.
func (p *product) fetch(rows, cols int) fetch {
	all := len(p.next[0]) + len(p.next[1])
	if all == 0 || p.axes[1].n*p.axes[2].n != 1 {
		return fetch{}
	}
	widest := &current().tiles[0]
	rounds := blocks(rows, widest.rows) * blocks(cols, widest.cols) * p.axes[0].n
	step := blocks(all*float, rounds)
	return fetch{step: step, part: step * p.axes[0].n / float}
}

// tile returns how far, in bytes, what the next tile has to fetch lies after the values that it reads.
func (f *fetch) tile(p *product, a *float32) int {
	at := f.at
	f.at += f.part
	for _, next := range p.next {
		if at < len(next) {
			return int(uintptr(unsafe.Pointer(&next[at])) - uintptr(unsafe.Pointer(a)))
		}
		at -= len(next)
	}
	return 0
}
