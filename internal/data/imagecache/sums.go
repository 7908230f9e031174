package imagecache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
	"sort"
	"time"
)

// Sums holds the digests and faults of the files of a collection, so that they need not be read
// again while they are unchanged.
type Sums struct {
	records []byte // of recordSize each, in the order of Record.Order
	faults  []byte // one after the other
}

// A Record holds what is known about a file.
type Record struct {
	Order uint64 // a hash of its name
	ID    ID
	Sum   [sha256.Size]byte // of its content
	Fault string            // why it cannot be decoded; empty if it can
}

const (
	sumsEnding = ".sums"
	recordSize = 8 + len(ID{}) + sha256.Size + 4 + 4 // the last two: where the fault is, and its length
	sumsHead   = 8 + sha256.Size
	sumsTail   = 8 + 4 // number of records, checksum
)

var sumsMark = []byte("cnnsums\n")

// ReadSums returns the sums stored for a named collection; empty if they are from another
// version of the decoder.
func (c *Cache) ReadSums(name, version string) *Sums {
	s := &Sums{}
	if c.folder == nil {
		return s
	}
	path := c.folder.sumsPath(name)
	b, err := os.ReadFile(path)
	if err != nil || len(b) < sumsHead+sumsTail {
		return s
	}
	end := len(b) - sumsTail
	n := binary.LittleEndian.Uint64(b[end:])
	want := sha256.Sum256([]byte(version))
	if crc32.Checksum(b[:len(b)-4], castagnoli) != binary.LittleEndian.Uint32(b[len(b)-4:]) ||
		!bytes.HasPrefix(b, sumsMark) || !bytes.Equal(b[8:sumsHead], want[:]) || n > uint64(end-sumsHead)/uint64(recordSize) {
		return s
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now)
	s.records, s.faults = b[sumsHead:sumsHead+int(n)*recordSize], b[sumsHead+int(n)*recordSize:end]
	return s
}

func (f *folder) sumsPath(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(f.dir, "sums", hex.EncodeToString(sum[:20])+sumsEnding)
}

// Len returns the number of files with a record.
func (s *Sums) Len() int { return len(s.records) / recordSize }

// Find returns the record of a file, if the file is unchanged.
func (s *Sums) Find(order uint64, id ID) (r Record, ok bool) {
	at := func(i int) []byte { return s.records[i*recordSize:][:recordSize] }
	i := sort.Search(s.Len(), func(i int) bool { return binary.LittleEndian.Uint64(at(i)) >= order })
	for ; i < s.Len() && binary.LittleEndian.Uint64(at(i)) == order; i++ {
		b := at(i)[8:]
		if !bytes.Equal(b[:len(id)], id[:]) {
			continue
		}
		r = Record{Order: order, ID: id}
		b = b[len(id):]
		copy(r.Sum[:], b)
		from, n := binary.LittleEndian.Uint32(b[sha256.Size:]), binary.LittleEndian.Uint32(b[sha256.Size+4:])
		if uint64(from)+uint64(n) > uint64(len(s.faults)) {
			return Record{}, false
		}
		r.Fault = string(s.faults[from:][:n])
		return r, true
	}
	return Record{}, false
}

// WriteSums stores up to n records, in the order of Record.Order, for a named collection, if
// there is space.
func (c *Cache) WriteSums(name, version string, n int, records func(yield func(Record) bool)) {
	if c.folder == nil {
		return
	}
	of := sha256.Sum256([]byte(version))
	b := append(append(make([]byte, 0, sumsHead+n*recordSize), sumsMark...), of[:]...)
	var faults []byte
	count := uint64(0)
	for r := range records {
		b = binary.LittleEndian.AppendUint64(b, r.Order)
		b = append(append(b, r.ID[:]...), r.Sum[:]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(faults)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Fault)))
		faults = append(faults, r.Fault...)
		count++
	}
	tail := binary.LittleEndian.AppendUint64(faults, count)
	sum := crc32.Update(crc32.Checksum(b, castagnoli), castagnoli, tail)
	tail = binary.LittleEndian.AppendUint32(tail, sum)
	if c.folder.takeForSums(int64(len(b) + len(tail))) {
		c.folder.stopFor(c.folder.write(c.folder.sumsPath(name), b, tail))
	}
}
