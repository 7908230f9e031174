package comm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"
)

// A RankError is what went wrong on one rank, as all of them know it.
type RankError struct {
	Rank  int
	Host  string // of that rank
	Alone bool   // not all ranks had an error
	Err   error  // on other ranks it has the text alone
	here  error
}

func (e *RankError) Error() string {
	if !e.Alone || e.Rank == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("rank %d on %s: %v", e.Rank, e.Host, e.Err)
}

// Unwrap returns the error that this rank had itself, which may be another one; without
// one context.Canceled, if that is what went wrong.
func (e *RankError) Unwrap() error { return e.here }

// Agree makes an error of any rank one of all: it returns nil if no rank has one, else
// that of the first that has, as a *RankError.
func Agree(w World, err error) error {
	if w.Size() == 1 {
		return err
	}
	var text, host string
	bad := 0.0
	if err != nil {
		host, _ = os.Hostname() // empty where there is none
		text, bad = err.Error(), 1
		if errors.Is(err, context.Canceled) {
			bad = 2 // which all know the meaning of
		}
	}
	lengths := make([]float64, 3*w.Size())
	w.AllGather(lengths, []float64{bad, float64(len(text)), float64(len(host))})
	first, count := -1, 0
	for r := range w.Size() {
		if lengths[3*r] > 0 {
			if count++; first < 0 {
				first = r
			}
		}
	}
	if count == 0 {
		return nil
	}
	said := make([]byte, int(lengths[3*first+1])+int(lengths[3*first+2]))
	if w.Rank() == first {
		copy(said, text+host)
	}
	w.Broadcast(said, first)
	n := int(lengths[3*first+1])
	e := &RankError{Rank: first, Host: string(said[n:]), Alone: count < w.Size(), Err: err, here: err}
	if w.Rank() != first {
		e.Err = errors.New(string(said[:n]))
	}
	if lengths[3*first] == 2 && err == nil {
		e.here = context.Canceled
	}
	return e
}

// Any reports whether v is true on any rank.
func Any(w World, v bool) bool {
	if w.Size() == 1 {
		return v
	}
	all := make([]float64, w.Size())
	mine := 0.0
	if v {
		mine = 1
	}
	w.AllGather(all, []float64{mine})
	return slices.Max(all) > 0
}

// Same marks err as one that every rank has.
func Same(w World, err error) error {
	if w.Size() == 1 {
		return err
	}
	return &RankError{Err: err, here: err}
}

// Known reports whether err is one that all ranks have, so that one of them may speak
// for all.
func Known(err error) bool {
	var e *RankError
	return errors.As(err, &e)
}

// ShareValues gives every rank the values that rank 0 has, of which all know how many.
func ShareValues(w World, values []float32) {
	if w.Size() > 1 && len(values) > 0 {
		w.Broadcast(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values)), 0)
	}
}

// Share gives every rank the bytes that rank 0 has, of which the others do not know how
// many there are.
func Share(w World, data []byte) []byte {
	if w.Size() == 1 {
		return data
	}
	lengths := make([]float64, w.Size())
	w.AllGather(lengths, []float64{float64(len(data))})
	if w.Rank() > 0 {
		data = make([]byte, int(lengths[0]))
	}
	w.Broadcast(data, 0)
	return data
}
