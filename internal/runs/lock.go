package runs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// lockFile is locked by the process that trains. The system releases the lock when the
// process ends, however that happens, which makes a lock more reliable than a process id.
const lockFile = ".lock"

// lockWait is how long a lock may be held by a process that only checks the status.
const lockWait = 200 * time.Millisecond

// Lock locks the run folder for this process until Unlock. It is an error if another
// process has locked it.
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
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return nil // a file system without locks, such as NFS without its daemon, must not prevent training
	}
	return fmt.Errorf("cannot lock the run folder: %w", err)
}

// InUse is the error that another process has locked the run folder.
func (r *Run) InUse() error {
	if p := r.Info.Process; p != nil {
		return fmt.Errorf("%s: in use by process %d of %s; wait for it or end it", r.Dir, p.ID, p.Host)
	}
	return fmt.Errorf("%s: in use by another process; wait for it or end it", r.Dir)
}

// Unlock releases the lock of the run folder.
func (r *Run) Unlock() error { return r.lock.Close() }

// standing returns the actual status of a run: a killed process leaves "running" in
// run.json.
func (r *Run) standing() Status {
	if r.Info.Status == Running && !r.locked() {
		return Interrupted
	}
	return r.Info.Status
}

// locked reports whether a process has locked the run folder. If that is unknown, it
// returns true.
func (r *Run) locked() bool {
	lock := flock.New(r.Path(lockFile), flock.SetFlag(os.O_RDONLY))
	free, err := lock.TryRLock()
	if free {
		_ = lock.Close() // only read: nothing can be lost
	}
	return !free && !errors.Is(err, fs.ErrNotExist)
}
