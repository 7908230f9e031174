package sweep

import (
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
