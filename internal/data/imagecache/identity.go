package imagecache

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"time"
)

// An ID is a digest of all that tells that a file has not been written to: its name, size,
// time of change, and where the system has them its number and the time that no program can
// set back (rsync and unpacked archives have old times of change).
type ID [16]byte

// settling is how old the last change of a file has to be to be told from another one right
// after it, which may have the same time: file systems count in up to 2 seconds.
const settling = 3 * time.Second

// Identify returns the ID of the file at path, which is called name in its collection. settled is false where the last change is so
// young that another one may not show: what is read now must not be kept under the ID.
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
