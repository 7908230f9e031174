//go:build !darwin

package kernels

// fastCores returns 0: all cores are alike, or the system does not say which are faster.
func fastCores() int { return 0 }
