package dataset

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"cnntrain/internal/catalog"
)

// cifar100File returns records with labels i mod 20 and 7i mod 100, and planes as in
// cifarFile.
func cifar100File(records int) []byte {
	var b []byte
	ten := cifarFile(records)
	for i := range records {
		b = append(b, byte(i%20), byte(7*i%100))
		b = append(b, ten[i*cifar10Record+1:(i+1)*cifar10Record]...)
	}
	return b
}

func TestCIFAR100HasFineAndCoarseLabels(t *testing.T) {
	top := t.TempDir()
	write(t, filepath.Join(top, cifar100Folder, "train.bin"), cifar100File(30))
	write(t, filepath.Join(top, cifar100Folder, "test.bin"), cifar100File(5))
	for mode, want := range map[string][]int{"fine": {3, 100}, "coarse": {9, 20}} {
		set := Datasets.Entry("cifar100").New(&catalog.Options{}).(*cifar100)
		set.labelMode, set.sizes = mode, [2]int{30, 5}
		for _, dir := range []string{top, filepath.Join(top, cifar100Folder)} {
			d := mustLoad(t, set, Source{Dir: dir, Offline: true})
			checkData(t, d)
			if got := []int{d.Train.Label(29), len(d.Classes)}; !slices.Equal(got, want) || d.Test.Len() != 5 {
				t.Errorf("%s: label and classes %v, want %v", mode, got, want)
			}
			x := make([]float32, 32*32*3)
			if err := d.Train.Image(x, 2); err != nil || x[3*5+1] != 20+1+5 {
				t.Errorf("pixel %g, %v", x[3*5+1], err)
			}
		}
	}
	if _, err := decode("{cifar100: coarse}"); err != nil {
		t.Error(err)
	}
}

func TestDamagedCIFAR100NamesFilePlaceAndFix(t *testing.T) {
	label := cifar100File(3)
	label[cifar100Record+1] = 100
	for want, content := range map[string][]byte{
		"byte 3074: labels 1 and 100 of record 1": label,
		"ends at byte 9221":                       label[:len(label)-1],
	} {
		top := t.TempDir()
		path := filepath.Join(top, cifar100Folder, "train.bin")
		write(t, path, content)
		_, err := (&cifar100{sizes: [2]int{3, 1}}).Load(context.Background(), Source{Dir: top})
		mustFail(t, err, path, want, "run the command again")
	}
	_, err := (&cifar100{archive: cifar100Archive}).Load(context.Background(), Source{Dir: t.TempDir(), Offline: true})
	mustFail(t, err, cifar100Folder, "data fetch")
}
