package experiment

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// TotalMemory returns the bytes of memory of the machine, or of the container if that has less;
// 0 if unknown.
func TotalMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	total := int64(info.Totalram) * int64(info.Unit)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, _ := os.ReadFile(file) // of the first or the second version of control groups
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			total = min(total, limit)
		}
	}
	return total
}

// freeAddresses returns the bytes of addresses that a limit (ulimit -v) leaves to the process. Go
// ends a program that asks for more, with a trace.
func freeAddresses() (free int64, limited bool) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) != nil || limit.Cur > math.MaxInt64 {
		return 0, false
	}
	var pages int64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &pages)
	}
	if err != nil {
		return 0, false
	}
	return max(0, int64(limit.Cur)-pages*int64(os.Getpagesize())), true
}

// HeedAddresses makes Go collect garbage before the process reaches its limit on addresses.
func HeedAddresses() {
	if free, limited := freeAddresses(); limited {
		debug.SetMemoryLimit(min(debug.SetMemoryLimit(-1), free))
	}
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
