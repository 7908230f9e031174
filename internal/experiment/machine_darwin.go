package experiment

import "golang.org/x/sys/unix"

// brand returns the processor's name, such as "Apple M1".
func brand() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}
