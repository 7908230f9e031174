package kernels

import "golang.org/x/sys/unix"

// fastCores returns how many performance cores the machine has, or 0 if all its cores are
// alike. A step waits for its slowest thread, and an efficiency core has about a quarter of
// the speed.
func fastCores() int {
	if levels, err := unix.SysctlUint32("hw.nperflevels"); err != nil || levels < 2 {
		return 0
	}
	n, err := unix.SysctlUint32("hw.perflevel0.physicalcpu") // level 0 is the fastest
	if err != nil {
		return 0
	}
	return int(n)
}
