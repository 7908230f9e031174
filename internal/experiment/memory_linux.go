package experiment

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// TotalMemory returns the bytes of memory of the machine, 0 if unknown.
func TotalMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// PeakMemory returns the peak memory of the process in bytes, since ResetPeakMemory if the
// system supports that; 0 if unknown.
func PeakMemory() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kilobytes int
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}

func ResetPeakMemory() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // older kernels reject it: then the peak is that of all models so far
}
