package experiment

import (
	"bufio"
	"io"
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
	if name := brand(); name != "" {
		return name
	}
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	return modelIn(f)
}

// modelIn returns the processor's name in Linux's /proc/cpuinfo.
func modelIn(cpuinfo io.Reader) string {
	for lines := bufio.NewScanner(cpuinfo); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "model name":
			return value
		case "CPU part": // on arm64, which has numbers in place of names
			if name, ok := armCores[value]; ok {
				return name
			}
			return "arm64, part " + value
		}
	}
	return runtime.GOARCH
}

// armCores names the cores that Arm designed, by their part numbers in MIDR_EL1 (their
// technical reference manuals). Other makers use the same numbers for cores of their own;
// the common ones have none of these.
var armCores = map[string]string{
	"0xd08": "Cortex-A72", "0xd0b": "Cortex-A76", "0xd0c": "Neoverse N1",
	"0xd40": "Neoverse V1", "0xd49": "Neoverse N2", "0xd4f": "Neoverse V2",
}
