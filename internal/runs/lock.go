package runs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lockFile is locked by the process that trains. The system lets go of the lock when
// the process ends, however it does, so that a lock says what a number of a process
// cannot.
const lockFile = ".lock"

// lockWait is how long a lock may be held by somebody who only looks.
const lockWait = 200 * time.Millisecond

// Lock makes the run folder this process's own until Unlock. It is an error if
// another process has it.
func (r *Run) Lock() error {
	r.lock = flock.New(r.Path(lockFile), flock.SetPermissions(0o666))
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	locked, err := r.lock.TryLockContext(ctx, lockWait/10)
	switch {
	case locked:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return r.InUse()
	case errors.Is(err, errors.ErrUnsupported):
		return nil // a file system without locks is no reason not to train
	}
	return fmt.Errorf("cannot lock the run folder: %w", err)
}

// InUse is the error that another process has the run folder.
func (r *Run) InUse() error {
	if p := r.Info.Process; p != nil {
		return fmt.Errorf("%s: in use by process %d of %s; wait for it or end it", r.Dir, p.ID, p.Host)
	}
	return fmt.Errorf("%s: in use by another process; wait for it or end it", r.Dir)
}

// Unlock lets others have the run folder.
func (r *Run) Unlock() error { return r.lock.Close() }

// standing says how a run really stands: one that died left "running" behind.
func (r *Run) standing() Status {
	if r.Info.Status == Running && !r.locked() {
		return Interrupted
	}
	return r.Info.Status
}

// locked reports whether a process has the run folder. Where that cannot be known,
// one has.
func (r *Run) locked() bool {
	lock := flock.New(r.Path(lockFile), flock.SetFlag(os.O_RDONLY))
	free, err := lock.TryRLock()
	if free {
		_ = lock.Close() // read only: nothing to lose
	}
	return !free && !errors.Is(err, fs.ErrNotExist)
}
