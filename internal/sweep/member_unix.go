//go:build unix && !linux

package sweep

import "syscall"

// memberProcess keeps ctrl-c, which a terminal sends to all, from the members, whom
// the sweep asks to stop itself.
func memberProcess() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
