//go:build linux || darwin

package imagecache

import (
	"math"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeBytes returns the free space on the disk of dir, or of its nearest existing parent.
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
