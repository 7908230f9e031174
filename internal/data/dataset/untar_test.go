package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An entry is one entry of an archive: a folder if the name ends in a slash.
type entry struct {
	name, content string
	kind          byte // 0: a file or a folder
	link          string
}

// pack returns a tar.gz.
func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.content)), Mode: 0o644}
		if h.Typeflag == 0 && strings.HasSuffix(e.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mustHold checks that a folder contains exactly these names, including hidden ones.
func mustHold(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

func TestUntarUnpacksFilesAndFolders(t *testing.T) {
	dir := t.TempDir()
	archive := pack(t, entry{name: "x/"}, entry{name: "./x/a", content: "one"}, entry{name: "x/deep/er/b", content: "two"}, entry{name: "x/empty"})
	if err := untar(context.Background(), bytes.NewReader(archive), filepath.Join(dir, "x"), 1<<20); err != nil {
		t.Fatal(err)
	}
	mustHold(t, dir, "x")
	mustHold(t, filepath.Join(dir, "x"), "a", "deep", "empty")
	if b, err := os.ReadFile(filepath.Join(dir, "x", "deep", "er", "b")); err != nil || string(b) != "two" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestUntarRefusesWhatMayDoHarm(t *testing.T) {
	good := pack(t, entry{name: "x/a", content: strings.Repeat("abc", 10_000)})
	flipped := slices.Clone(good)
	flipped[len(flipped)-6] ^= 1 // in gzip's checksum
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"name that leads up":       {pack(t, entry{name: "x/../../evil", content: "!"}), "outside its folder x"},
		"name that leads up first": {pack(t, entry{name: "../x/evil", content: "!"}), "outside its folder x"},
		"absolute name":            {pack(t, entry{name: "/etc/evil", content: "!"}), "outside its folder x"},
		"name beside the folder":   {pack(t, entry{name: "y/evil", content: "!"}), "outside its folder x"},
		"name that starts alike":   {pack(t, entry{name: "xy", content: "!"}), "outside its folder x"},
		"symbolic link":            {pack(t, entry{name: "x/link", kind: tar.TypeSymlink, link: "/etc"}), "neither a file nor a folder"},
		"hard link":                {pack(t, entry{name: "x/link", kind: tar.TypeLink, link: "x/a"}), "neither a file nor a folder"},
		"device":                   {pack(t, entry{name: "x/null", kind: tar.TypeChar}), "neither a file nor a folder"},
		"file twice":               {pack(t, entry{name: "x/a"}, entry{name: "x/a"}), "exist"},
		"no folder":                {pack(t), "no folder x"},
		"file for a folder":        {pack(t, entry{name: "x"}), "no folder x"},
		"too large":                {pack(t, entry{name: "x/a", content: strings.Repeat("0", 200_000)}), "larger than it may be"},
		"large tail":               {pack(t, entry{name: "x/a"}, entry{name: "x/b", content: strings.Repeat("0", 99_000)}), "larger than it may be"},
		"cut in a file":            {good[:len(good)/2], "ends early"},
		"cut at its end":           {good[:len(good)-1], "ends early"},
		"empty":                    {nil, "ends early"},
		"flipped bit":              {flipped, "damaged"},
		"something else":           {[]byte("<html>please log in to the network</html>"), "damaged"},
		"something else packed":    {packRaw(t, strings.Repeat("no tar", 200)), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			err := untar(context.Background(), bytes.NewReader(c.archive), filepath.Join(dir, "in", "x"), 99_000)
			mustFail(t, err, "no such file")
			if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
				t.Fatal(err)
			}
			err = untar(context.Background(), bytes.NewReader(c.archive), filepath.Join(dir, "in", "x"), 99_000)
			mustFail(t, err, c.want)
			mustHold(t, dir, "in")
			mustHold(t, filepath.Join(dir, "in"))
		})
	}
}

func packRaw(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUntarStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	err := untar(ctx, bytes.NewReader(pack(t, entry{name: "x/a"})), filepath.Join(dir, "x"), 1<<20)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	mustHold(t, dir)
}

// For any archive, nothing appears outside the folder, and nothing above the limit inside.
func FuzzUntar(f *testing.F) {
	f.Add(pack(f, entry{name: "x/"}, entry{name: "x/a", content: "one"}), true)
	f.Add(pack(f, entry{name: "x/../../y", content: "one"}), true)
	f.Add(pack(f, entry{name: "x/l", kind: tar.TypeSymlink, link: "/"}), true)
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	_ = w.WriteHeader(&tar.Header{Name: "x/a", Size: 3, Mode: 0o644})
	_, _ = w.Write([]byte("one"))
	_ = w.Close()
	f.Add(plain.Bytes(), false)
	f.Fuzz(func(t *testing.T, b []byte, zipped bool) {
		if !zipped { // lets the fuzzer reach the tar format itself
			b = packRaw(t, string(b))
		}
		const limit = 64 << 10
		dir := t.TempDir()
		err := untar(context.Background(), bytes.NewReader(b), filepath.Join(dir, "x"), limit)
		if err != nil {
			mustHold(t, dir)
			return
		}
		mustHold(t, dir, "x")
		size := int64(0)
		err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := os.Lstat(path)
			if err == nil && !info.Mode().IsRegular() {
				t.Errorf("%s is %v", path, info.Mode())
			}
			size += info.Size()
			return err
		})
		if err != nil || size > limit {
			t.Errorf("%d bytes, %v", size, err)
		}
	})
}
