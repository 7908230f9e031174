package imagecache

import (
	"io/fs"
	"syscall"
	"time"
)

// sysStat returns a file's number on its disk and when it was changed last in any way.
func sysStat(info fs.FileInfo) (inode uint64, changed time.Time) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, time.Unix(int64(s.Ctimespec.Sec), int64(s.Ctimespec.Nsec))
	}
	return 0, time.Time{}
}
