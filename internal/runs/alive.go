package runs

import (
	"errors"
	"os"
	"syscall"
)

// standing says how a run really stands: one that died left "running" behind.
func (r *Run) standing() Status {
	if r.Info.Status == Running && !r.Info.Process.alive() {
		return Interrupted
	}
	return r.Info.Status
}

// alive reports whether the process still exists. Of another machine nobody can
// know, so there it does; nil, in a run of an older version, does not.
func (p *Process) alive() bool {
	if p == nil || p.ID < 1 {
		return false
	}
	if p.Host != ThisProcess().Host {
		return true
	}
	process, err := os.FindProcess(p.ID)
	if err != nil {
		return false
	}
	return !errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
