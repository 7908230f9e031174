package main

import "syscall"

// memberProcess keeps ctrl-c, which a terminal sends to all, from the members, whom
// the sweep asks to stop itself, and has them asked should the sweep be killed.
func memberProcess() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
