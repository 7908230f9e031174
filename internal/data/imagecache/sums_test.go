package imagecache

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func someRecords() []Record {
	return []Record{
		{Order: 1, ID: ID{1}, Sum: Key{10}},
		{Order: 5, ID: ID{2}, Sum: Key{11}, Fault: "damaged: all of it"},
		{Order: 5, ID: ID{3}, Sum: Key{12}},
		{Order: 1 << 63, ID: ID{4}, Sum: Key{13}, Fault: "not an image"},
	}
}

func TestSumsAreFound(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 1e9}
	records := someRecords()
	New(o).WriteSums("photos", "version 1", len(records), slices.Values(records))
	s := New(o).ReadSums("photos", "version 1")
	for _, want := range records {
		if got, ok := s.Find(want.Order, want.ID); !ok || got != want {
			t.Errorf("%v, %v, want %v", got, ok, want)
		}
	}
	for _, r := range []Record{{Order: 1, ID: ID{2}}, {Order: 0, ID: ID{1}}, {Order: 1<<63 + 1, ID: ID{4}}} {
		if got, ok := s.Find(r.Order, r.ID); ok {
			t.Errorf("%v: %v", r, got)
		}
	}
	for _, other := range []*Sums{New(o).ReadSums("photos", "version 2"), New(o).ReadSums("others", "version 1"), New(Options{}).ReadSums("photos", "version 1")} {
		if other.Len() != 0 {
			t.Errorf("%d records", other.Len())
		}
	}
}

func TestDamagedSumsAreNotUsed(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 1e9}
	records := someRecords()
	c := New(o)
	c.WriteSums("photos", "1", len(records), slices.Values(records))
	path := c.folder.sumsPath("photos")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		for _, b := range [][]byte{bad, good[:i]} {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			if n := c.ReadSums("photos", "1").Len(); n != 0 {
				t.Fatalf("%d bytes: %d records", len(b), n)
			}
		}
	}
}

// Images that fill the folder leave room for sums.
func TestSumsHaveRoomOfTheirOwn(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 50_000, Memory: 1}
	c := New(o)
	for n := range uint64(200) {
		k, x := image(n)
		c.Put(k, x)
	}
	records := someRecords()
	c.WriteSums("photos", "1", len(records), slices.Values(records))
	if n := c.ReadSums("photos", "1").Len(); n != len(records) {
		t.Errorf("%d records", n)
	}
}

func TestChangedFilesHaveAnotherID(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jpg")
	long := time.Now().Add(-time.Hour)
	put := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	id := func() ID {
		id, _, err := Identify(path, "a.jpg")
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	put("old")
	first := id()
	if first != id() {
		t.Error("nothing was changed")
	}
	put("longer")
	if first == id() {
		t.Error("another size does not show")
	}
	put("old")
	time.Sleep(20 * time.Millisecond) // more than the kernel's clock for files counts in
	first = id()
	put("new") // the same size and time of change: rsync, tar
	if inode, changed := sysStat(stat(t, path)); inode != 0 && !changed.IsZero() && first == id() {
		t.Error("a time that was set back does not show")
	}
	if other, _, _ := Identify(path, "b.jpg"); other == id() {
		t.Error("another name does not show")
	}
	if _, _, err := Identify(path+"~", "a.jpg"); err == nil {
		t.Error("a file that is not there has an ID")
	}
}

// Of a file that was just written another change may not show: nothing is to be kept of it.
func TestYoungFilesAreNotSettled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jpg")
	for content, old := range map[string]bool{"new": false, "old": true} {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if old {
			long := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
		_, changed := sysStat(stat(t, path))
		want := old && changed.IsZero() // else the system knows when it was really changed
		if _, settled, err := Identify(path, "a.jpg"); err != nil || settled != want {
			t.Errorf("%s: settled %v, %v", content, settled, err)
		}
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
