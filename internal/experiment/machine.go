package experiment

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"cnntrain/internal/comm/mpi"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
)

// ThisMachine describes the program and the machine.
func ThisMachine() runs.Machine {
	return runs.Machine{
		Version: Version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuModel(), Kernels: kernels.CPU(), Threads: kernels.Threads(), MPI: mpi.Library,
	}
}

// Version is the module version, or the commit that the program was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && version == "(devel)" {
			version += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return version
}

// cpuModel returns the processor's name if the system reports it.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
