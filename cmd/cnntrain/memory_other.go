//go:build !linux

package main

func totalMemory() int64 { return 0 }

func peakMemory() int { return 0 }

func resetPeakMemory() {}
