//go:build !(linux || darwin)

package imagecache

import "math"

// freeBytes is unknown on this system.
func freeBytes(string) int64 { return math.MaxInt64 }
