package main

import (
	"fmt"
	"io"
	"os"

	"cnntrain/internal/comm"
	"cnntrain/internal/experiment"
)

// onRanks runs do as one of the ranks that mpirun or srun has started, or in a process
// alone. Rank 0 prints messages for all. threads says that the user chose the number of
// threads.
func onRanks(s *streams, threads bool, do func(comm.World, *streams) error) error {
	w, err := experiment.OpenWorld(threads)
	if err != nil {
		return usageError{err}
	}
	if w.Size() == 1 {
		return do(w, s)
	}
	here := s
	if w.Rank() > 0 {
		here = newStreams(io.Discard, io.Discard, nil)
	}
	err = do(w, here)
	if err != nil && !comm.Known(err) && !experiment.Canceled(err) {
		// The other ranks are blocked in an operation that this rank has left.
		host, _ := os.Hostname() // empty if unknown
		s.showError(fmt.Errorf("rank %d on %s: %w", w.Rank(), host, err))
		w.Abort(exitFailed)
	}
	if err != nil {
		// A launcher ends all ranks when one has failed, so all wait until rank 0 has
		// printed its message.
		if w.Rank() == 0 {
			s.showError(err)
		}
		err = shown{err}
		w.Barrier()
	}
	w.Close()
	return err
}

// shown is an error that has been printed.
type shown struct{ error }

func (e shown) Unwrap() error { return e.error }
