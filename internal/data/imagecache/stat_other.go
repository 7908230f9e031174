//go:build !(linux || darwin)

package imagecache

import (
	"io/fs"
	"time"
)

// sysStat returns nothing on this system.
func sysStat(fs.FileInfo) (inode uint64, changed time.Time) { return 0, time.Time{} }
