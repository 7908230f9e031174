package comm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	// said is what a rank has of an error, and how long the texts are.
	type said struct {
		bad, canceled bool // canceled: all know what that means
		text, host    int
	}
	var mine said
	var text, host string
	if err != nil {
		host, _ = os.Hostname() // empty where there is none
		text = err.Error()
		mine = said{true, errors.Is(err, context.Canceled), len(text), len(host)}
	}
	first, count := -1, 0
	all := Gather(w, mine)
	for r, s := range all {
		if s.bad {
			if count++; first < 0 {
				first = r
			}
		}
	}
	if count == 0 {
		return nil
	}
	n := all[first].text
	words := make([]byte, n+all[first].host)
	if w.Rank() == first {
		copy(words, text+host)
	}
	w.Broadcast(words, first)
	e := &RankError{Rank: first, Host: string(words[n:]), Alone: count < w.Size(), Err: err, here: err}
	if w.Rank() != first {
		e.Err = errors.New(string(words[:n]))
	}
	if all[first].canceled && err == nil {
		e.here = context.Canceled
	}
	return e
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
func ShareValues(w World, values []float32) { w.Broadcast(memory(values), 0) }

// ShareJSON gives every rank what rank 0 has in the variable that v points to, as JSON.
func ShareJSON(w World, v any) error {
	if w.Size() == 1 {
		return nil
	}
	text, err := json.Marshal(v)
	if w.Rank() > 0 || err != nil {
		text = nil // which is no JSON, so that nobody waits for more
	}
	length := Gather(w, len(text))[0]
	if w.Rank() > 0 {
		text = make([]byte, length)
	}
	if w.Broadcast(text, 0); err != nil || w.Rank() == 0 {
		return err
	}
	return json.Unmarshal(text, v)
}
