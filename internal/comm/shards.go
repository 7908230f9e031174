package comm

import "cnntrain/internal/kernels"

// Shards divides the update of a model's weights among the ranks. Each rank owns a shard
// of every part of the weights: it gets the gradients of the others for it, takes their
// mean, updates its shard alone, and sends the result to all. So the optimizer's work and
// memory are divided too, and replicas cannot drift apart, whatever CPUs they run on
// (Rajbhandari et al., ZeRO: Memory Optimizations Toward Training Trillion Parameter
// Models, 2020, stage 1).
//
// A step is Begin, Ready for each tensor while others are still being computed, Gradient
// and Updated for each piece in order, and End.
type Shards struct {
	world   World
	weights [][]float32
	pieces  []piece // this rank's, in the order of the buckets
	buckets []bucket
	bucket  []int // of each tensor
	at      []int // of each tensor, in its bucket
	share   []float32
	next    int // bucket whose weights are to be sent next
}

// A piece is values of one tensor that one rank owns.
type piece struct {
	tensor, from, to int
	bucket           int
	gradient         []float32 // the mean over the ranks
}

// A bucket is tensors that go together, since few large messages are faster than many.
type bucket struct {
	gradients [][]float32 // of its tensors
	tensors   []int
	owned     [][]piece   // by rank
	first     int         // of Shards.pieces
	staged    [][]float32 // by rank: its gradients of the pieces here, one after the other
	missing   int         // gradients that are not ready
	reduce    Transfer
	reduced   bool
	updated   int // pieces of this rank
	gather    Transfer
}

// bucketSize is how many values make a bucket, if not a single tensor has more: 4 MiB.
const bucketSize = 1 << 20

// alignment is what shards of tensors that are not tiny begin at multiples of, in values: a
// cache line.
const alignment = 16

// NewShards divides weights, tensor by tensor; their gradients are expected in about the
// opposite order, as a way back computes them.
func NewShards(w World, weights [][]float32) *Shards {
	s := &Shards{world: w, weights: weights, bucket: make([]int, len(weights)), at: make([]int, len(weights)), share: make([]float32, w.Size())}
	size := bucketSize
	for i := len(weights) - 1; i >= 0; i-- {
		if size >= bucketSize || size > 0 && len(weights[i]) >= bucketSize {
			s.buckets, size = append(s.buckets, bucket{}), 0
		}
		b := &s.buckets[len(s.buckets)-1]
		s.bucket[i], s.at[i] = len(s.buckets)-1, len(b.tensors)
		b.tensors = append(b.tensors, i)
		size += len(weights[i])
	}
	for i := range s.buckets {
		s.divide(i)
	}
	return s
}

// divide gives each rank its shard of a bucket, an equal one.
func (s *Shards) divide(number int) {
	b := &s.buckets[number]
	ranks := s.world.Size()
	total := 0
	for _, t := range b.tensors {
		total += len(s.weights[t])
	}
	b.gradients = make([][]float32, len(b.tensors))
	b.owned = make([][]piece, ranks)
	b.first = len(s.pieces)
	for r := range ranks {
		from, to := bound(total, r, ranks), bound(total, r+1, ranks)
		start := 0 // of the tensor
		for _, t := range b.tensors {
			end := start + len(s.weights[t])
			if low, high := max(from, start), min(to, end); low < high {
				b.owned[r] = append(b.owned[r], piece{tensor: t, from: low - start, to: high - start, bucket: number})
			}
			start = end
		}
	}
	own := b.owned[s.world.Rank()]
	size := 0
	for i := range own {
		size += own[i].to - own[i].from
		own[i].gradient = kernels.Memory(own[i].to - own[i].from)
	}
	s.pieces = append(s.pieces, own...)
	b.staged = make([][]float32, ranks)
	for r := range ranks {
		if r != s.world.Rank() {
			b.staged[r] = kernels.Memory(size)
		}
	}
}

// bound is where shard r of ranks begins among n values. Every rank has a part of them,
// unless there are fewer values than ranks.
func bound(n, r, ranks int) int {
	if r == ranks || n < ranks*alignment {
		return n * r / ranks
	}
	return n * r / ranks / alignment * alignment
}

// Pieces returns how many pieces this rank owns.
func (s *Shards) Pieces() int { return len(s.pieces) }

// Piece returns which values a piece is: those from from up to, not including, to of a tensor.
func (s *Shards) Piece(i int) (tensor, from, to int) {
	p := s.pieces[i]
	return p.tensor, p.from, p.to
}

// Begin begins a step in which rank r computes share[r] of the whole batch.
func (s *Shards) Begin(share []float64) {
	for r, v := range share {
		s.share[r] = float32(v)
	}
	s.next = 0
	for i := range s.buckets {
		b := &s.buckets[i]
		b.missing, b.reduced, b.updated = len(b.tensors), false, 0
	}
}

// Ready says that the gradient of a tensor is computed. It must stay as it is until the
// Gradient of each piece was asked for.
func (s *Shards) Ready(tensor int, gradient []float32) {
	b := &s.buckets[s.bucket[tensor]]
	b.gradients[s.at[tensor]] = gradient
	if b.missing--; b.missing > 0 {
		return
	}
	var send, receive []Message
	for r, owned := range b.owned {
		if r == s.world.Rank() {
			continue
		}
		for _, p := range owned {
			send = append(send, Message{r, b.gradients[s.at[p.tensor]][p.from:p.to]})
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

// Gradient returns the mean of a piece's gradient over all ranks, each with its share. It
// waits for what the others send.
func (s *Shards) Gradient(i int) []float32 {
	p := &s.pieces[i]
	b := &s.buckets[p.bucket]
	if !b.reduced {
		b.reduce.Wait()
		b.reduced = true
		at := 0
		for j := range b.owned[s.world.Rank()] {
			q := &s.pieces[b.first+j]
			s.mean(q.gradient, func(r int) []float32 {
				if r == s.world.Rank() {
					return b.gradients[s.at[q.tensor]][q.from:q.to]
				}
				return b.staged[r][at:][:q.to-q.from]
			})
			at += q.to - q.from
		}
	}
	return p.gradient
}

// mean adds up what the ranks have, times their shares, in their order.
func (s *Shards) mean(out []float32, of func(rank int) []float32) {
	kernels.Combine(out, of(0), of(1), s.share[0], s.share[1])
	for r := 2; r < s.world.Size(); r++ {
		kernels.Combine(out, out, of(r), 1, s.share[r])
	}
}

// Updated says that the weights of a piece are those after the step.
func (s *Shards) Updated(i int) {
	s.buckets[s.pieces[i].bucket].updated++
	s.send()
}

// send sends the shards of buckets of which this rank has updated all it owns: one after
// the other, since all ranks must send in the same order.
func (s *Shards) send() {
	for ; s.next < len(s.buckets); s.next++ {
		b := &s.buckets[s.next]
		if b.updated < len(b.owned[s.world.Rank()]) {
			return
		}
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
}

// End ends a step, also one in which a rank broke off the updates of its pieces: it waits
// until the weights are the same on all ranks.
func (s *Shards) End() {
	for i := range s.buckets {
		b := &s.buckets[i]
		if !b.reduced { // nobody asked for a gradient
			b.reduce.Wait()
		}
		b.updated = len(b.owned[s.world.Rank()])
	}
	s.send()
	for i := range s.buckets {
		s.buckets[i].gather.Wait()
	}
}

// Collect returns on rank 0 the whole tensors of which every rank has the pieces, such as
// an optimizer's memory: values[i] belongs to piece i. On other ranks it returns nil.
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
			for _, p := range b.owned[r] {
				receive = append(receive, Message{r, whole[p.tensor][p.from:p.to]})
			}
		}
	}
	s.world.Exchange(nil, receive).Wait()
	return whole
}

// Norms adds up squares, one for each piece of this rank, over the pieces of a tensor: it
// replaces each by the sum over the whole tensor, and returns that of all tensors.
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
