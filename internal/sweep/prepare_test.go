package sweep

import (
	"os"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/runs"
)

// A member of a sweep that was killed runs a little longer.
func TestAMemberThatStillEndsIsWaitedFor(t *testing.T) {
	r, err := runs.CreateAt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Info.Status = runs.Running
	if err := r.SaveInfo(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = r.Unlock() })
	j := &Job{Dir: r.Dir}
	if over, err := j.prepare(); over || err != nil || !j.Resume {
		t.Errorf("over %v, resume %v, %v", over, j.Resume, err)
	}
}

// A member whose run.json cannot be read is not trained again while it has weights.
func TestATrainedMemberIsNotRemoved(t *testing.T) {
	for _, name := range []string{"", runs.BestFile, runs.LastFile} {
		r, err := runs.CreateAt(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Unlock(); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{runs.InfoFile, name} {
			if err := os.WriteFile(r.Path(file), nil, 0o666); file != "" && err != nil {
				t.Fatal(err)
			}
		}
		_, err = (&Job{Dir: r.Dir}).prepare()
		_, gone := os.Stat(r.Dir)
		if kept := err != nil && strings.Contains(err.Error(), name) && gone == nil; kept != (name != "") {
			t.Errorf("with %q: %v, %v", name, err, gone)
		}
	}
}

// A member that another process has just begun, whose run.json is still empty, is not removed.
func TestAMemberThatBeginsIsNotRemoved(t *testing.T) {
	r, err := runs.CreateAt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Job{Dir: r.Dir}).prepare(); err == nil || !strings.Contains(err.Error(), "in use by another process") || !r.Has(runs.InfoFile) {
		t.Errorf("got %v", err)
	}
	if err := r.Unlock(); err != nil {
		t.Fatal(err)
	}
	if over, err := (&Job{Dir: r.Dir}).prepare(); over || err != nil || r.Has(runs.InfoFile) {
		t.Errorf("once its process is gone: over %v, %v", over, err)
	}
}
