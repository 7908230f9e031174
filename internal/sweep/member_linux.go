package sweep

import "syscall"

// memberProcess keeps ctrl-c, which a terminal sends to all, from the members, whom
// the sweep asks to stop itself, and ends them should the sweep be killed. Linux may
// then send the signal once for each thread of the sweep, so they may have no time to
// say that they were interrupted.
func memberProcess() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
