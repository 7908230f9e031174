//go:build unix && !linux

package sweep

import "syscall"

// memberProcess protects members from ctrl-c, which a terminal sends to all processes: the
// sweep asks them to stop itself.
func memberProcess() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
