//go:build !linux

package experiment

func TotalMemory() int64 { return 0 }

func PeakMemory() int { return 0 }

func ResetPeakMemory() {}
