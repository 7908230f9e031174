package comm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// A RankError is the error of one rank, known to all ranks.
type RankError struct {
	Rank  int
	Host  string // the rank with the error
	Alone bool   // some ranks had no error
	Err   error  // on other ranks only its text
	here  error
}

func (e *RankError) Error() string {
	if !e.Alone || e.Rank == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("rank %d on %s: %v", e.Rank, e.Host, e.Err)
}

// Unwrap returns this rank's own error, which may be a different one; on a rank without an
// error it returns context.Canceled if that was the error.
func (e *RankError) Unwrap() error { return e.here }

// Agree returns nil if no rank has an error, else the error of the first rank that has one,
// as a *RankError, on all ranks.
func Agree(w World, err error) error {
	if w.Size() == 1 {
		return err
	}
	// said is the encoding of a rank's error, with the lengths of the texts.
	type said struct {
		bad, canceled bool // whether it is context.Canceled
		text, host    int
	}
	var mine said
	var text, host string
	if err != nil {
		host, _ = os.Hostname() // empty if unknown
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

// Known reports whether all ranks have err, so that one of them can report it for all.
func Known(err error) bool {
	var e *RankError
	return errors.As(err, &e)
}

// ShareValues copies values from rank 0 to every rank. All must know their number.
func ShareValues(w World, values []float32) { w.Broadcast(memory(values), 0) }

// ShareJSON copies the variable that v points to from rank 0 to every rank, as JSON.
func ShareJSON(w World, v any) error {
	if w.Size() == 1 {
		return nil
	}
	text, err := json.Marshal(v)
	if w.Rank() > 0 || err != nil {
		text = nil // invalid JSON, so that no rank waits for more
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
