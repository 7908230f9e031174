// Package commtest provides ranks that are goroutines of one process, for tests.
package commtest

import (
	"fmt"
	"sync"

	"cnntrain/internal/comm"
)

// Run runs f on each of size ranks, and returns when all have returned. It panics if a
// message was never received.
func Run(size int, f func(comm.World)) {
	j := &job{size: size, mail: map[address]*envelope{}}
	j.changed = sync.NewCond(&j.mu)
	var running sync.WaitGroup
	for r := range size {
		running.Go(func() { f(&rank{job: j, rank: r, sent: make([]int, size), received: make([]int, size)}) })
	}
	running.Wait()
	if n := len(j.mail); n > 0 {
		panic(fmt.Sprintf("%d messages were sent and never received", n))
	}
}

// A job is the state shared by the ranks.
type job struct {
	size    int
	mu      sync.Mutex
	changed *sync.Cond
	mail    map[address]*envelope
}

// An address is the number of a message from one rank to another.
type address struct{ from, to, number int }

// An envelope is a sent message; its memory is the sender's.
type envelope struct {
	values []float32
	bytes  []byte
	read   bool
}

type rank struct {
	*job
	rank           int
	sent, received []int // messages, by the other rank
}

func (r *rank) Rank() int                  { return r.rank }
func (r *rank) Size() int                  { return r.size }
func (r *rank) Local() (number, count int) { return r.rank, r.size }
func (r *rank) Abort(code int)             { panic(fmt.Sprintf("rank %d aborts with %d", r.rank, code)) }
func (r *rank) Close()                     {}

// A transfer is carried out by Wait; the receiver copies.
type transfer struct {
	job  *job
	sent []*envelope
	to   []comm.Message
	from []address
}

func (r *rank) Exchange(send, receive []comm.Message) comm.Transfer {
	t := &transfer{job: r.job, to: receive}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range send {
		t.sent = append(t.sent, r.post(m.Rank, &envelope{values: m.Values}))
	}
	for _, m := range receive {
		t.from = append(t.from, r.next(m.Rank))
	}
	return t
}

func (r *rank) post(to int, e *envelope) *envelope {
	r.mail[address{r.rank, to, r.sent[to]}] = e
	r.sent[to]++
	r.changed.Broadcast()
	return e
}

func (r *rank) next(from int) address {
	a := address{from, r.rank, r.received[from]}
	r.received[from]++
	return a
}

// open waits for a message and calls read with it.
func (j *job) open(a address, read func(*envelope)) {
	for j.mail[a] == nil {
		j.changed.Wait()
	}
	e := j.mail[a]
	delete(j.mail, a)
	read(e)
	e.read = true
	j.changed.Broadcast()
}

func (t *transfer) Wait() {
	t.job.mu.Lock()
	defer t.job.mu.Unlock()
	for i, a := range t.from {
		t.job.open(a, func(e *envelope) {
			if len(e.values) != len(t.to[i].Values) {
				panic(fmt.Sprintf("rank %d sends %d values, rank %d receives %d", a.from, len(e.values), a.to, len(t.to[i].Values)))
			}
			copy(t.to[i].Values, e.values)
		})
	}
	t.from = nil
	for _, e := range t.sent {
		for !e.read {
			t.job.changed.Wait()
		}
	}
}

func (r *rank) Broadcast(data []byte, root int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rank != root {
		r.open(r.next(root), func(e *envelope) {
			if len(e.bytes) != len(data) {
				panic(fmt.Sprintf("rank %d broadcasts %d bytes, rank %d expects %d", root, len(e.bytes), r.rank, len(data)))
			}
			copy(data, e.bytes)
		})
		return
	}
	var sent []*envelope
	for to := range r.size {
		if to != root {
			sent = append(sent, r.post(to, &envelope{bytes: data}))
		}
	}
	for _, e := range sent {
		for !e.read {
			r.changed.Wait()
		}
	}
}

func (r *rank) AllGather(all, mine []byte) {
	for root := range r.size {
		part := all[root*len(mine):][:len(mine)]
		if root == r.rank {
			copy(part, mine)
		}
		r.Broadcast(part, root)
	}
}

func (r *rank) Barrier() { comm.Gather(r, 0) }
