package comm

import "cnntrain/internal/kernels"

// Shards divides the update of a model's weights among the ranks. Each rank owns a shard of
// every part of the weights: it receives the gradients of the others for it, computes their
// mean, updates only its shard, and sends the result to all. So the optimizer's work and
// memory are divided too, and replicas cannot diverge, whatever CPUs they run on
// (Rajbhandari et al., ZeRO: Memory Optimizations Toward Training Trillion Parameter
// Models, 2020, stage 1).
//
// A step is Begin; Ready for each tensor while others are still being computed; Gradient
// and Updated for each piece in order; and End.
type Shards struct {
	world     World
	weights   [][]float32
	gradients [][]float32 // shares of this step
	buckets   []bucket
	of        [][]int // buckets with parts of each tensor
	pieces    []piece // this rank's pieces, in the order of the buckets
	share     []float32
	next      int // bucket whose weights are sent next
}

// A part is a range of values of one tensor.
type part struct{ tensor, from, to int }

// A piece is a section of a part that stays in the cache between the sum of its gradients
// and its update.
type piece struct {
	part
	bucket, at int  // offset in the staging memory of the bucket
	mean       bool // its gradient is the mean over all ranks
}

// pieceSize is the number of values of a piece, if the part is large enough: 256 KiB.
const pieceSize = 1 << 16

// split divides the part into pieces.
func (p part) split() (all []part) {
	for ; p.to-p.from > pieceSize; p.from += pieceSize {
		all = append(all, part{p.tensor, p.from, p.from + pieceSize})
	}
	return append(all, p)
}

// A bucket is sent in one message from each rank to each other rank: a few large messages
// are faster than many small ones, but the first must not wait for all gradients.
type bucket struct {
	parts   []part
	owned   [][]part    // by rank: the parts of its shard
	staged  [][]float32 // by rank: its gradients of what this rank owns, concatenated
	missing int         // number of parts whose gradients are not ready
	reduce  Transfer
	pieces  int // number of pieces of this rank
	updated int // number of them that are updated
	gather  Transfer
}

// bucketSize is the number of values of a bucket: 4 MiB.
const bucketSize = 1 << 20

// NewShards divides weights, tensor by tensor; gradients are expected in roughly the
// reverse order, as the backward pass computes them.
func NewShards(w World, weights [][]float32) *Shards {
	s := &Shards{world: w, weights: weights, gradients: make([][]float32, len(weights)), of: make([][]int, len(weights)), share: make([]float32, w.Size())}
	size := bucketSize
	for i := len(weights) - 1; i >= 0; i-- {
		for from := 0; from < len(weights[i]); {
			if size == bucketSize {
				s.buckets, size = append(s.buckets, bucket{}), 0
			}
			b := &s.buckets[len(s.buckets)-1]
			p := part{i, from, min(len(weights[i]), from+bucketSize-size)}
			b.parts, s.of[i] = append(b.parts, p), append(s.of[i], len(s.buckets)-1)
			size, from = size+p.to-p.from, p.to
		}
	}
	for i := range s.buckets {
		s.divide(i)
	}
	return s
}

// divide gives each rank an equal shard of a bucket.
func (s *Shards) divide(number int) {
	b := &s.buckets[number]
	ranks := s.world.Size()
	total := 0
	for _, p := range b.parts {
		total += p.to - p.from
	}
	b.owned = make([][]part, ranks)
	for r := range ranks {
		from, to := total*r/ranks, total*(r+1)/ranks
		at := 0 // offset in the bucket
		for _, p := range b.parts {
			end := at + p.to - p.from
			if low, high := max(from, at), min(to, end); low < high {
				b.owned[r] = append(b.owned[r], part{p.tensor, p.from + low - at, p.from + high - at})
			}
			at = end
		}
	}
	size := 0
	for _, whole := range b.owned[s.world.Rank()] {
		for _, p := range whole.split() {
			s.pieces = append(s.pieces, piece{part: p, bucket: number, at: size})
			b.pieces++
			size += p.to - p.from
		}
	}
	b.staged = make([][]float32, ranks)
	for r := range ranks {
		if r != s.world.Rank() {
			b.staged[r] = kernels.Memory(size)
		}
	}
}

// Pieces returns the number of pieces that this rank owns.
func (s *Shards) Pieces() int { return len(s.pieces) }

// Piece returns the values of a piece: the range [from,to) of a tensor.
func (s *Shards) Piece(i int) (tensor, from, to int) {
	p := s.pieces[i]
	return p.tensor, p.from, p.to
}

// Begin begins a step in which rank r computes the fraction share[r] of the whole batch.
func (s *Shards) Begin(share []float64) {
	for r, v := range share {
		s.share[r] = float32(v)
	}
	s.next = 0
	for i := range s.buckets {
		b := &s.buckets[i]
		b.missing, b.updated = len(b.parts), 0
	}
	for i := range s.pieces {
		s.pieces[i].mean = false
	}
}

// Ready says that the gradient of a tensor is complete. It must not be changed until End;
// [Shards.Gradient] writes there.
func (s *Shards) Ready(tensor int, gradient []float32) {
	s.gradients[tensor] = gradient
	for _, i := range s.of[tensor] {
		b := &s.buckets[i]
		if b.missing--; b.missing == 0 {
			s.exchange(b)
		}
	}
}

// exchange sends gradients of a bucket to the ranks that own them.
func (s *Shards) exchange(b *bucket) {
	var send, receive []Message
	for r, owned := range b.owned {
		if r == s.world.Rank() {
			continue
		}
		for _, p := range owned {
			send = append(send, Message{r, s.gradients[p.tensor][p.from:p.to]})
		}
		at := 0
		for _, p := range b.owned[s.world.Rank()] {
			n := p.to - p.from
			receive = append(receive, Message{r, b.staged[r][at:][:n]})
			at += n
		}
	}
	b.reduce = s.world.Exchange(send, receive)
}

// Gradient returns the mean of a piece's gradient over all ranks, weighted by share, in the
// memory of this rank's own gradient. It waits for the other ranks' messages.
func (s *Shards) Gradient(i int) []float32 {
	p := &s.pieces[i]
	b := &s.buckets[p.bucket]
	mean := s.gradients[p.tensor][p.from:p.to]
	if p.mean {
		return mean
	}
	b.reduce.Wait()
	own := s.world.Rank()
	times := s.share[own]
	for r, staged := range b.staged { // in a fixed order
		if r != own {
			kernels.Combine(mean, mean, staged[p.at:][:p.to-p.from], times, s.share[r])
			times = 1
		}
	}
	p.mean = true
	return mean
}

// Updated says that the weights of a piece have their final values of the step.
func (s *Shards) Updated(i int) {
	s.buckets[s.pieces[i].bucket].updated++
	s.send()
}

// send sends the shards of buckets of which this rank has updated all its pieces, in order,
// since all ranks must send in the same order.
func (s *Shards) send() {
	for ; s.next < len(s.buckets); s.next++ {
		b := &s.buckets[s.next]
		if b.updated < b.pieces {
			return
		}
		b.reduce.Wait() // also if this rank owns nothing: gradients may be in the memory of the weights
		s.gather(b)
	}
}

// gather starts sending this rank's shard of the weights of a bucket to all others, and
// receiving theirs.
func (s *Shards) gather(b *bucket) {
	var send, receive []Message
	for r, owned := range b.owned {
		if r == s.world.Rank() {
			continue
		}
		for _, p := range b.owned[s.world.Rank()] {
			send = append(send, Message{r, s.weights[p.tensor][p.from:p.to]})
		}
		for _, p := range owned {
			receive = append(receive, Message{r, s.weights[p.tensor][p.from:p.to]})
		}
	}
	b.gather = s.world.Exchange(send, receive)
}

// Spread sends this rank's shard of the weights to all others, between two steps.
func (s *Shards) Spread() {
	for i := range s.buckets {
		s.gather(&s.buckets[i])
	}
	for i := range s.buckets {
		s.buckets[i].gather.Wait()
	}
}

// End ends a step, also one whose updates were broken off on a rank: it waits until the
// weights are the same on all ranks.
func (s *Shards) End() {
	for i := range s.buckets {
		s.buckets[i].updated = s.buckets[i].pieces
	}
	s.send()
	for i := range s.buckets {
		s.buckets[i].gather.Wait()
	}
}

// Collect returns on rank 0 the whole tensors of which the ranks have the pieces, such as
// an optimizer's state: values[i] belongs to piece i. On other ranks it returns nil.
func (s *Shards) Collect(values [][]float32) [][]float32 {
	if s.world.Rank() > 0 {
		var send []Message
		for _, v := range values {
			send = append(send, Message{0, v})
		}
		s.world.Exchange(send, nil).Wait()
		return nil
	}
	whole := make([][]float32, len(s.weights))
	for i, w := range s.weights {
		whole[i] = make([]float32, len(w))
	}
	for i, p := range s.pieces {
		copy(whole[p.tensor][p.from:p.to], values[i])
	}
	var receive []Message
	for r := 1; r < s.world.Size(); r++ {
		for _, b := range s.buckets {
			for _, owned := range b.owned[r] {
				for _, p := range owned.split() {
					receive = append(receive, Message{r, whole[p.tensor][p.from:p.to]})
				}
			}
		}
	}
	s.world.Exchange(nil, receive).Wait()
	return whole
}

// Norms sums squares, one per piece of this rank, over the pieces of each tensor: it
// replaces each by the sum over the whole tensor, and returns the sum over all tensors.
func (s *Shards) Norms(squares []float64) (total float64) {
	tensors := make([]float64, len(s.weights))
	for i, v := range squares {
		tensors[s.pieces[i].tensor] += v
	}
	Sum(s.world, tensors)
	for i := range squares {
		squares[i] = tensors[s.pieces[i].tensor]
	}
	for _, v := range tensors {
		total += v
	}
	return total
}
