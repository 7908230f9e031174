//go:build !linux

package experiment

func TotalMemory() int64 { return 0 }

func freeAddresses() (free int64, limited bool) { return 0, false }

func HeedAddresses() {}

func PeakMemory() int { return 0 }

func ResetPeakMemory() {}
