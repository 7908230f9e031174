package imagecache

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"time"
)

// An ID is a digest of the metadata that shows that a file is unchanged: its name, size,
// modification time, and where the system has them its inode and its change time, which no
// program can set (rsync and unpacked archives have old modification times).
type ID [16]byte

// settling is the minimum age of the last change of a file. A later change could have the same
// time otherwise: file systems have a resolution of up to 2 seconds.
const settling = 3 * time.Second

// Identify returns the ID of the file at path, which is called name in its collection. settled
// is false if the last change is so recent that another one might not be noticed: what is read
// now must not be cached under the ID.
func Identify(path, name string) (id ID, settled bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return id, false, err
	}
	inode, changed := sysStat(info)
	last := info.ModTime()
	if !changed.IsZero() {
		last = changed
	}
	sum := sha256.New()
	var b [32]byte
	binary.LittleEndian.PutUint64(b[0:], uint64(info.Size()))
	binary.LittleEndian.PutUint64(b[8:], uint64(info.ModTime().UnixNano()))
	binary.LittleEndian.PutUint64(b[16:], inode)
	binary.LittleEndian.PutUint64(b[24:], uint64(changed.UnixNano()))
	sum.Write(b[:])
	sum.Write([]byte(name))
	copy(id[:], sum.Sum(nil))
	return id, last.Before(time.Now().Add(-settling)), nil
}
