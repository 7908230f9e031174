//go:build !linux

package main

func peakMemory() int { return 0 }

func resetPeakMemory() {}
