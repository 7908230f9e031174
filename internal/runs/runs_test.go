package runs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestRunsCountUpAndAreNeverShared(t *testing.T) {
	root := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range 8 {
		wg.Go(func() {
			r, err := Create(root, "lenet5")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[r.Dir] {
				t.Errorf("%s was given out twice", r.Dir)
			}
			seen[r.Dir] = true
		})
	}
	wg.Wait()
	if !seen[filepath.Join(root, "lenet5", "1")] || !seen[filepath.Join(root, "lenet5", "8")] {
		t.Errorf("runs %v", seen)
	}
}

func TestARunAfterADeletedOneTakesANewNumber(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"x/2", "x/7", "x/notes"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := Create(root, "x"); err != nil || filepath.Base(r.Dir) != "8" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestCreateAtWantsAnEmptyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if _, err := CreateAt(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateAt(dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("got %v", err)
	}
}

func TestOneOfManyGetsAFolderOfThatName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var wg sync.WaitGroup
	var made atomic.Int64
	for range 8 {
		wg.Go(func() {
			switch _, err := CreateAt(dir); {
			case err == nil:
				made.Add(1)
			case !strings.Contains(err.Error(), "not empty"):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("%d runs have the folder", made.Load())
	}
}

func TestCheckFindsWhatCreateAtWouldMeetAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "a", "b", "c"): "",
		dir:                               "not empty",
		file:                              "not a directory",
		filepath.Join(file, "a", "b"):     "not a directory",
	} {
		err := Check(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left %v behind", entries)
	}
}

func TestInfoIsWrittenAsJSON(t *testing.T) {
	r, err := Create(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	r.Info = Info{Name: "x", Status: Finished, Epochs: []Figures{{{"loss", 1.5}, {"accuracy", 0.25}}}, Best: &Best{1, "loss", 1.5}}
	if err := r.SaveInfo(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(r.Path(InfoFile))
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Status string
		Epochs []map[string]float64
		Best   struct{ Monitor string }
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back.Status != "finished" || back.Epochs[0]["accuracy"] != 0.25 || back.Best.Monitor != "loss" {
		t.Errorf("%s", raw)
	}
}

func TestFiguresKeepTheirOrder(t *testing.T) {
	raw, err := json.Marshal(Figures{{"loss", 1}, {"accuracy", 2}, {"a", 3}})
	if err != nil || string(raw) != `{"loss":1,"accuracy":2,"a":3}` {
		t.Errorf("%s, %v", raw, err)
	}
}
