package imagecache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// leftFree is the disk space that is left free for more important files.
	leftFree = 2 << 30
	// abandoned is the age from which a temporary file is assumed to be from a killed process.
	abandoned = time.Hour
	// shares is the number of parts of the limit: the files are counted after each part that is
	// written, so that each process exceeds the limit by one part at most.
	shares = 32
	// 1/forSums of the limit is reserved for sums.
	forSums = 16
)

// take reports whether an image of n bytes may be written. If so, it counts the image as
// written.
func (f *folder) take(n int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop != nil {
		return false
	}
	if f.room < n {
		f.room = f.makeRoom(max(n, f.most/shares), f.most-f.most/forSums)
	}
	switch {
	case f.room >= n:
	case freeBytes(f.dir)-leftFree < n:
		f.stop = fmt.Errorf("%s: less than %d GB are free on its disk", f.dir, leftFree>>30)
		return false
	default:
		f.stop = errFull
		return false
	}
	f.room -= n
	return true
}

// takeForSums does the same for n bytes of sums. They have their own reserved space, since
// they save the most time for datasets that fill the cache.
func (f *folder) takeForSums(n int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop != nil && !errors.Is(f.stop, errFull) {
		return false
	}
	return n <= f.most/forSums && f.makeRoom(n, f.most) >= n
}

// makeRoom returns how many bytes may be written, up to n, without exceeding the limit. To make
// space, it evicts files not used since this process started, least recently used first.
func (f *folder) makeRoom(n, most int64) int64 {
	used := f.count()
	free := min(most-used.total, freeBytes(f.dir)-leftFree)
	if free < n {
		free += f.evict(used, n-free, f.start)
	}
	return min(free, n)
}

// usage is the bytes of all files by the minute of their last use, which needs no list of a
// million files.
type usage struct {
	total int64
	bytes map[int64]int64
}

func minute(t time.Time) int64 { return t.Unix() / 60 }

func (f *folder) count() usage {
	u := usage{bytes: map[int64]int64{}}
	f.files(func(path string, info fs.FileInfo) {
		if strings.HasSuffix(path, temporary) && time.Since(info.ModTime()) > abandoned && os.Remove(path) == nil {
			return
		}
		u.total += info.Size()
		u.bytes[minute(info.ModTime())] += info.Size()
	})
	return u
}

// evict removes n bytes of files that were last used before a time, and returns the number of
// bytes removed.
func (f *folder) evict(u usage, n int64, before time.Time) (removed int64) {
	if n <= 0 {
		return 0
	}
	last, sum := int64(-1), int64(0)
	for _, m := range slices.SortedFunc(maps.Keys(u.bytes), cmp.Compare[int64]) {
		if last = m; sum+u.bytes[m] >= n {
			break
		}
		sum += u.bytes[m]
	}
	f.files(func(path string, info fs.FileInfo) {
		at := info.ModTime()
		if minute(at) > last || !at.Before(before) || minute(at) == last && sum >= n {
			return
		}
		if os.Remove(path) == nil {
			removed += info.Size()
			if minute(at) == last {
				sum += info.Size()
			}
		}
	})
	return removed
}

// files calls do for each file of the cache. Other files in its folders are not its own.
func (f *folder) files(do func(path string, info fs.FileInfo)) {
	dirs := []string{filepath.Join(f.dir, "sums")}
	parts, _ := os.ReadDir(filepath.Join(f.dir, "images"))
	for _, e := range parts {
		dirs = append(dirs, filepath.Join(f.dir, "images", e.Name()))
	}
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			switch filepath.Ext(e.Name()) {
			case ending, sumsEnding, temporary:
				if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
					do(filepath.Join(dir, e.Name()), info)
				}
			}
		}
	}
}
