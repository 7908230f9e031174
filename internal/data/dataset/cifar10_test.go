package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// smallCIFAR is CIFAR-10 with fewer records per file.
const smallCIFAR = 7

// cifarFile returns records whose values encode record, colour and position: label i mod
// 10, then planes that start at 10i, 10i+1 and 10i+2 and count up.
func cifarFile(records int) []byte {
	var b []byte
	for i := range records {
		b = append(b, byte(i%10))
		for colour := range 3 {
			for p := range cifarPlane {
				b = append(b, byte(10*i+colour+p))
			}
		}
	}
	return b
}

func writeCIFAR(t *testing.T, dir string) {
	t.Helper()
	for _, name := range append(slices.Clone(cifar10Train), cifar10Test...) {
		write(t, filepath.Join(dir, name), cifarFile(smallCIFAR))
	}
	write(t, filepath.Join(dir, cifar10Meta), []byte(strings.Join(cifar10Names, "\n")+"\n\n"))
}

func TestCIFAR10IsReadFromItsFolderOrTheOneAbove(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, cifar10Folder)
	writeCIFAR(t, dir)
	set := &cifar10{perFile: smallCIFAR}
	for _, src := range []string{top, dir} {
		d := mustLoad(t, set, Source{Dir: src, Offline: true})
		if d.Train.Len() != 5*smallCIFAR || d.Test.Len() != smallCIFAR {
			t.Errorf("%d and %d examples", d.Train.Len(), d.Test.Len())
		}
		if !slices.Equal(d.Classes, cifar10Names) {
			t.Errorf("classes %v", d.Classes)
		}
		if d.Dir != dir {
			t.Errorf("lies in %s, not %s", d.Dir, dir)
		}
		checkData(t, d)
	}
	t.Chdir(dir)
	if d := mustLoad(t, set, Source{Offline: true}); d.Dir != dir {
		t.Errorf("lies in %s, not %s", d.Dir, dir)
	}
}

func TestCIFAR10PlanesBecomePixels(t *testing.T) {
	top := t.TempDir()
	writeCIFAR(t, top)
	d := mustLoad(t, &cifar10{perFile: smallCIFAR}, Source{Dir: top})
	i := smallCIFAR + 3 // record 3 of the second file
	if l := d.Train.Label(i); l != 3 {
		t.Errorf("label %d", l)
	}
	x := make([]float32, 32*32*3)
	if err := d.Train.Image(x, i); err != nil {
		t.Fatal(err)
	}
	for p := range cifarPlane {
		for k := range 3 {
			if want := float32(byte(30 + k + p)); x[3*p+k] != want {
				t.Fatalf("pixel %d, colour %d is %v, want %v", p, k, x[3*p+k], want)
			}
		}
	}
}

func TestCIFAR10DigestIsThatOfTheFiles(t *testing.T) {
	top := t.TempDir()
	writeCIFAR(t, top)
	set := &cifar10{perFile: smallCIFAR}
	sum := sha256.Sum256(bytes.Repeat(cifarFile(smallCIFAR), 6))
	if d := mustLoad(t, set, Source{Dir: top}); d.Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("digest %s", d.Digest)
	}
}

func TestDamagedCIFAR10NamesFilePlaceAndFix(t *testing.T) {
	good := cifarFile(smallCIFAR)
	label := slices.Clone(good)
	label[2*cifar10Record] = 10
	for name, c := range map[string]struct {
		file    string
		content []byte // nil: the file is missing
		want    []string
	}{
		"short":         {"data_batch_3.bin", good[:len(good)-1], []string{"ends at byte 21510", "should be 21511"}},
		"empty":         {"data_batch_1.bin", []byte{}, []string{"ends at byte 0"}},
		"long":          {"data_batch_5.bin", append(slices.Clone(good), 0), []string{"21512 bytes long", "end at byte 21511"}},
		"label":         {"test_batch.bin", label, []string{"byte 6146", "label 10 of record 2", "0 to 9"}},
		"missing":       {"data_batch_4.bin", nil, []string{"missing"}},
		"first missing": {"data_batch_1.bin", nil, []string{"missing"}},
		"names":         {cifar10Meta, []byte("cat\ndog\n"), []string{"10 names"}},
		"much text":     {cifar10Meta, bytes.Repeat([]byte("x\n"), 5000), []string{"bytes long"}},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, cifar10Folder)
			writeCIFAR(t, dir)
			path := filepath.Join(dir, c.file)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if c.content != nil {
				write(t, path, c.content)
			}
			_, err := (&cifar10{perFile: smallCIFAR}).Load(context.Background(), Source{Dir: top, Offline: true})
			mustFail(t, err, append(c.want, path)...)
			if c.file != cifar10Meta {
				mustFail(t, err, "remove "+dir+" and run the command again")
			}
		})
	}
}

// The folder may hold other files beside the dataset.
func TestDamagedCIFAR10NeverAsksToRemoveAnotherFolder(t *testing.T) {
	top := t.TempDir()
	writeCIFAR(t, top)
	path := filepath.Join(top, "data_batch_3.bin")
	write(t, path, []byte("x"))
	_, err := (&cifar10{perFile: smallCIFAR}).Load(context.Background(), Source{Dir: top, Offline: true})
	mustFail(t, err, path, "ends at byte 1", "; replace it by the file in https://")
	if strings.Contains(err.Error(), "remove") {
		t.Errorf("asks to remove something: %v", err)
	}
}

func TestCIFAR10KnowsItsClassesWithoutTheNamesFile(t *testing.T) {
	top := t.TempDir()
	writeCIFAR(t, top)
	if err := os.Remove(filepath.Join(top, cifar10Meta)); err != nil {
		t.Fatal(err)
	}
	if d := mustLoad(t, &cifar10{perFile: smallCIFAR}, Source{Dir: top}); !slices.Equal(d.Classes, cifar10Names) {
		t.Errorf("classes %v", d.Classes)
	}
}

func TestCIFAR10OfflineSaysWhatIsMissing(t *testing.T) {
	top := t.TempDir()
	_, err := (&cifar10{perFile: smallCIFAR, archive: cifar10Archive}).Load(context.Background(), Source{Dir: top, Offline: true})
	mustFail(t, err, filepath.Join(top, cifar10Folder), "data fetch", "--data-dir")
}

// packedCIFAR returns the small CIFAR-10 as an archive served at url.
func packedCIFAR(t *testing.T, url string) ([]byte, *cifar10) {
	t.Helper()
	entries := []entry{{name: cifar10Folder + "/"}, {name: cifar10Folder + "/readme.html", content: "hello"}}
	for _, name := range append(slices.Clone(cifar10Train), cifar10Test...) {
		entries = append(entries, entry{name: cifar10Folder + "/" + name, content: string(cifarFile(smallCIFAR))})
	}
	archive := pack(t, entries...)
	return archive, &cifar10{perFile: smallCIFAR, archive: remoteOf(archive, url)}
}

func TestCIFAR10IsDownloadedOnce(t *testing.T) {
	s := newServer(t)
	archive, set := packedCIFAR(t, s.url)
	s.body = archive
	top := filepath.Join(t.TempDir(), "new", "data")
	first := mustLoad(t, set, Source{Dir: top, Client: s.Client()})
	second := mustLoad(t, set, Source{Dir: top, Client: s.Client()})
	if len(s.asked) != 1 || first.Digest != second.Digest {
		t.Errorf("asked %q", s.asked)
	}
	checkData(t, first)
	mustHold(t, top, cifar10Folder)
}

func TestCIFAR10ArchivePutThereByHandIsUsedAndKept(t *testing.T) {
	archive, set := packedCIFAR(t, "https://example.com/cifar.tar.gz")
	top := t.TempDir()
	write(t, filepath.Join(top, "cifar.tar.gz"), archive)
	checkData(t, mustLoad(t, set, Source{Dir: top, Offline: true}))
	mustHold(t, top, cifar10Folder, "cifar.tar.gz")
}

func TestWrongCIFAR10ArchivePutThereByHandIsRefused(t *testing.T) {
	archive, set := packedCIFAR(t, "https://example.com/cifar.tar.gz")
	top := t.TempDir()
	write(t, filepath.Join(top, "cifar.tar.gz"), archive[:len(archive)-1])
	_, err := set.Load(context.Background(), Source{Dir: top})
	mustFail(t, err, filepath.Join(top, "cifar.tar.gz"), "wrong checksum", "remove it")
	mustHold(t, top, "cifar.tar.gz")
}

// realData is the folder of the real files, for tests that need them.
func realData(t *testing.T, folder string) string {
	for _, dir := range []string{os.Getenv("CNNTRAIN_TEST_DATA"), "../../../../data"} {
		if dir != "" {
			if _, err := os.Stat(filepath.Join(dir, folder)); err == nil {
				return dir
			}
		}
	}
	t.Skipf("the real %s is not here; write it with ../shared/data/prepare DIR and set CNNTRAIN_TEST_DATA=DIR", folder)
	return ""
}

func TestRealCIFAR10(t *testing.T) {
	d := mustLoad(t, Datasets.Entry("cifar10").New(nil), Source{Dir: realData(t, cifar10Folder), Offline: true})
	if d.Train.Len() != 50_000 || d.Test.Len() != 10_000 {
		t.Errorf("%d and %d examples", d.Train.Len(), d.Test.Len())
	}
	counts := make([]int, 10)
	for i := range d.Train.Len() {
		counts[d.Train.Label(i)]++
	}
	for class, n := range counts {
		if n != 5000 {
			t.Errorf("%d of class %d", n, class)
		}
	}
}

func FuzzCIFAR10(f *testing.F) {
	good := cifarFile(2)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{10})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := cifar10Examples(b)
		if e.check() != nil {
			return
		}
		x := make([]float32, 3*cifarPlane)
		for i := range e.Len() {
			if l := e.Label(i); l > 9 {
				t.Fatalf("label %d", l)
			}
			if err := e.Image(x, i); err != nil {
				t.Fatal(err)
			}
		}
	})
}
