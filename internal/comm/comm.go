// Package comm lets the processes of a job, its ranks, train as one: the few ways in
// which they talk, and what is built of these. Every sum over the ranks is taken in their
// order, so that the same number of ranks gives the same bytes.
package comm

import (
	"os"
	"unsafe"
)

// A World is the ranks of a job as one of them sees it. Every rank calls the methods in
// the same order, from one goroutine at a time. A rank that is lost ends the job: the
// launcher sees to that, so there are no errors to return.
type World interface {
	// Rank is the number of this rank, from 0 to Size-1.
	Rank() int
	Size() int
	// Local is the number of this rank among those of its machine, and how many they are.
	Local() (rank, size int)
	// Exchange begins to send and to receive, and returns at once. What one rank sends to
	// another arrives in the order it was sent in, each message whole, in one of the same
	// length. The memory must be left alone until the Transfer is over.
	Exchange(send, receive []Message) Transfer
	// AllGather fills all, Size times as long as mine, with the bytes of each rank, in their
	// order. [Gather] does so with values.
	AllGather(all, mine []byte)
	// Broadcast gives every rank the bytes that rank root has. All know how many.
	Broadcast(data []byte, root int)
	// Barrier returns once every rank has called it.
	Barrier()
	// Abort ends every rank at once.
	Abort(code int)
	// Close is the last call, of every rank.
	Close()
}

// A Message is values for, or from, another rank.
type Message struct {
	Rank   int
	Values []float32
}

// A Transfer is messages on their way.
type Transfer interface {
	// Wait returns once what was to be received is there and what was to be sent may change.
	Wait()
}

// Self is the World of a process that trains alone.
type Self struct{}

// The methods of a World.
func (Self) Rank() int                        { return 0 }
func (Self) Size() int                        { return 1 }
func (Self) Local() (rank, size int)          { return 0, 1 }
func (Self) Exchange(_, _ []Message) Transfer { return over{} }
func (Self) AllGather(all, mine []byte)       { copy(all, mine) }
func (Self) Broadcast([]byte, int)            {}
func (Self) Barrier()                         {}
func (Self) Abort(code int)                   { os.Exit(code) }
func (Self) Close()                           {}

// over is a Transfer of nothing.
type over struct{}

func (over) Wait() {}

// Gather returns the values of all ranks, in their order; each has as many. Their memory
// is what is sent, so there must be no pointer in a T.
func Gather[T any](w World, mine ...T) []T {
	all := make([]T, w.Size()*len(mine))
	w.AllGather(memory(all), memory(mine))
	return all
}

// memory is the bytes of values.
func memory[T any](values []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), int(unsafe.Sizeof(one))*len(values))
}

// Sum replaces values by their sums over all ranks, added up in the order of the ranks.
func Sum[T int | float64](w World, values []T) {
	all := Gather(w, values...)
	copy(values, all)
	for i, v := range all[len(values):] {
		values[i%len(values)] += v
	}
}
