package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"cnntrain/internal/comm/mpi"
	"cnntrain/internal/kernels"
	"cnntrain/internal/runs"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newVersion(s *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version and what it runs on",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			m := thisMachine()
			if json {
				return s.printJSON(m)
			}
			_, err := fmt.Fprintf(s.out, "cnntrain %s (%s, %s/%s)\n%s, %s\n", m.Version, m.Go, m.OS, m.Arch, m.CPU, words.Count(m.Threads, "thread"))
			if err == nil && m.MPI != "" {
				_, err = fmt.Fprintln(s.out, m.MPI)
			}
			return err
		},
	}
	addJSONFlag(cmd, &json)
	return cmd
}

// thisMachine describes the program and the machine.
func thisMachine() runs.Machine {
	return runs.Machine{
		Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuModel(), Kernels: kernels.CPU(), Threads: kernels.Threads(), MPI: mpi.Library,
	}
}

// version is the module version, or the commit the program was built from.
func version() string {
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

// cpuModel returns the processor's name where the system tells it.
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
