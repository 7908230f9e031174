package imagecache

import (
	"io/fs"
	"syscall"
	"time"
)

// sysStat returns the inode and the change time (ctime) of a file.
func sysStat(info fs.FileInfo) (inode uint64, changed time.Time) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, time.Unix(int64(s.Ctimespec.Sec), int64(s.Ctimespec.Nsec))
	}
	return 0, time.Time{}
}
