package runs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiscardLeavesWhatWasThereBefore(t *testing.T) {
	root := t.TempDir()
	empty := filepath.Join(root, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	create := map[string]func() (*Run, error){
		"in new folders":     func() (*Run, error) { return CreateAt(filepath.Join(root, "a", "b", "run")) },
		"in an empty folder": func() (*Run, error) { return CreateAt(empty) },
		"by number":          func() (*Run, error) { return Create(root, "name") },
	}
	for name, create := range create {
		r, err := create()
		if err == nil {
			err = r.SaveInfo()
		}
		if err == nil {
			err = r.Discard()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		left, err := os.ReadDir(root)
		if err != nil || len(left) != 1 || left[0].Name() != "empty" {
			t.Errorf("%s: %v, %v are left", name, left, err)
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
			t.Errorf("%s: %v, %v are left in the empty folder", name, left, err)
		}
	}
}

// The parents of a run that is discarded stay while another run is in them.
func TestDiscardKeepsOtherRuns(t *testing.T) {
	root := t.TempDir()
	first, err := Create(root, "name")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Create(root, "name")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Unlock()
	if err := first.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(second.Dir); err != nil {
		t.Error(err)
	}
}
