// Package comm lets the processes of a job, its ranks, train together: a small interface
// for communication, and operations built on it. Every sum over the ranks is computed in
// the order of the ranks, so that the same number of ranks gives the same bytes.
package comm

import (
	"os"
	"unsafe"
)

// A World is the ranks of a job from the point of view of one of them. Every rank must call
// the methods in the same order, from one goroutine at a time. If a rank dies the launcher
// ends the job, so there are no errors to return.
type World interface {
	// Rank is the number of this rank, from 0 to Size-1.
	Rank() int
	Size() int
	// Local returns the index of this rank among those of its machine, and their number.
	Local() (rank, size int)
	// Exchange starts sending and receiving, and returns at once. Messages from one rank to
	// another arrive in the order in which they were sent; a message must be received with
	// the same length. The memory must not be used until the Transfer is complete.
	Exchange(send, receive []Message) Transfer
	// AllGather fills all, Size times as long as mine, with the bytes of each rank, in
	// their order. [Gather] does the same with values.
	AllGather(all, mine []byte)
	// Broadcast copies bytes from rank root to every rank. All must know their number.
	Broadcast(data []byte, root int)
	// Barrier returns when every rank has called it.
	Barrier()
	// Abort ends every rank immediately.
	Abort(code int)
	// Close must be the last call, on every rank.
	Close()
}

// A Message is values to, or from, another rank.
type Message struct {
	Rank   int
	Values []float32
}

// A Transfer is an exchange of messages in progress.
type Transfer interface {
	// Wait returns when everything was received and the memory of what was sent may be
	// reused.
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

// over is a completed Transfer.
type over struct{}

func (over) Wait() {}

// Gather returns the values of all ranks, in their order; each rank must have the same
// number. Their memory is sent, so T must not contain pointers.
func Gather[T any](w World, mine ...T) []T {
	all := make([]T, w.Size()*len(mine))
	w.AllGather(memory(all), memory(mine))
	return all
}

// memory returns the bytes of values.
func memory[T any](values []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), int(unsafe.Sizeof(one))*len(values))
}

// Sum replaces values by their sums over all ranks, added in the order of the ranks.
func Sum[T int | float64](w World, values []T) {
	all := Gather(w, values...)
	copy(values, all)
	for i, v := range all[len(values):] {
		values[i%len(values)] += v
	}
}
