//go:build linux || darwin

package imagecache

import (
	"math"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeBytes returns how much is free on the disk of dir, or of the folder that it will be made in.
func freeBytes(dir string) int64 {
	for {
		var s unix.Statfs_t
		if err := unix.Statfs(dir, &s); err == nil {
			return int64(s.Bavail) * int64(s.Bsize)
		}
		above := filepath.Dir(dir)
		if above == dir {
			return math.MaxInt64
		}
		dir = above
	}
}
