package sweep

import "syscall"

// memberProcess protects members from ctrl-c, which a terminal sends to all processes: the
// sweep asks them to stop itself. It also ends them if the sweep is killed; Linux may then
// send the signal once for each thread of the sweep, so they may have no time to record
// that they were interrupted.
func memberProcess() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
