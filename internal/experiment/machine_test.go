package experiment

import (
	"strings"
	"testing"
)

func TestProcessorHasItsName(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"processor\t: 0\nmodel name\t: AMD EPYC 9B14\n":                                   "AMD EPYC 9B14",
		"processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\nCPU revision\t: 1\n": "Neoverse N1",
		"CPU part\t: 0x999\n": "arm64, part 0x999",
	} {
		if got := modelIn(strings.NewReader(cpuinfo)); got != want {
			t.Errorf("%q is of %q, want %q", cpuinfo, got, want)
		}
	}
}
