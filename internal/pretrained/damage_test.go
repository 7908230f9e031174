package pretrained

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func writeZip(t testing.TB, path string, members map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tensorPickle is a state_dict of one tensor, as torch.save writes it.
func tensorPickle(count, shape, stride string) string {
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + count + "tQK\x00" + shape + stride + "\x89ccollections\nOrderedDict\n)RtRs."
}

// Sizes that lie are errors, and take no memory.
func TestSizesThatLieAreErrors(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		pickle, data, want string
	}{
		"good":        {tensorPickle("K\x02", "K\x02\x85", "K\x01\x85"), "12345678", ""},
		"short":       {tensorPickle("K\x02", "K\x02\x85", "K\x01\x85"), "1234567", "are not 2 values"},
		"huge":        {tensorPickle("J\xff\xff\xff\x7f", "J\xff\xff\xff\x7f\x85", "K\x01\x85"), "12345678", "are not 2147483647 values"},
		"shape":       {tensorPickle("K\x02", "K\x03\x85", "K\x01\x85"), "12345678", "more values than the 2"},
		"stride":      {tensorPickle("K\x02", "K\x02\x85", "K\x05\x85"), "12345678", "does not fit"},
		"no stride":   {tensorPickle("K\x02", "K\x02\x85", ")"), "12345678", "a shape that is none"},
		"negative":    {tensorPickle("K\x02", "J\xff\xff\xff\xff\x85", "K\x01\x85"), "12345678", "a shape that is none"},
		"no storage":  {tensorPickle("K\x02", "K\x02\x85", "K\x01\x85"), "", "has no archive/data/0"},
		"many ranges": {tensorPickle("J\xff\xff\xff\x7f", "K\x02\x85", "J\xff\xff\xff\x3f\x85"), strings.Repeat("\x00", 8), "are not"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "w.pth")
			members := map[string]string{"archive/data.pkl": c.pickle}
			if c.data != "" {
				members["archive/data/0"] = c.data
			}
			writeZip(t, path, members)
			err := Open(path, func(f *File) error {
				_, err := f.Tensors[0].Read()
				return err
			})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Each file cut anywhere is an error or gives the weights, without a panic.
func TestTornFilesAreErrors(t *testing.T) {
	for _, file := range []string{"net.pth", "net-legacy.pth", "net.safetensors"} {
		whole, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), file)
		for cut := 0; cut < len(whole); cut += 61 {
			if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			err := Open(path, readAll)
			if err == nil {
				t.Errorf("%s cut at %d of %d bytes is read", file, cut, len(whole))
			} else if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q is not one line that names the file", err)
			}
		}
	}
}

func readAll(f *File) error {
	for _, t := range f.Tensors {
		if t.Read != nil {
			if _, err := t.Read(); err != nil {
				return f.named(err)
			}
		}
	}
	return nil
}

// A small archive that unpacks to gigabytes takes little memory.
func TestABombTakesLittleMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bomb.pth")
	const size = 256 << 20
	writeZip(t, path, map[string]string{"archive/data.pkl": "\x80\x02" + strings.Repeat("N", size/8)})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := Open(path, readAll)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "unpacks to over") {
		t.Errorf("a pickle of %d bytes: %v", size/8, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
		t.Errorf("a bomb took %d bytes", took)
	}
}

func FuzzOpen(f *testing.F) {
	for _, file := range []string{"net.pth", "net-legacy.pth", "net.safetensors"} {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	path := filepath.Join(f.TempDir(), "w.pth")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = Open(path, readAll) // no panic, no end of memory
	})
}

func FuzzPickle(f *testing.F) {
	f.Add([]byte(tensorPickle("K\x02", "K\x02\x85", "K\x01\x85")))
	f.Fuzz(func(t *testing.T, b []byte) {
		value, err := runPickle(&unpickler{text: slices.Clone(b)}, func(*storage) error { return nil })
		if err == nil {
			_, _ = tensorsIn(value)
		}
	})
}
