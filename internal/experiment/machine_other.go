//go:build !darwin

package experiment

// brand returns "": the name is in /proc/cpuinfo, if anywhere.
func brand() string { return "" }
