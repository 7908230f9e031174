package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/data"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
)

func TestOnlyACanceledRunIsInterrupted(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		err  error
		want runs.Status
	}{
		{context.Canceled, runs.Interrupted},
		{errors.Join(context.Canceled), runs.Interrupted},
		{fmt.Errorf("reading: %w", context.Canceled), runs.Interrupted},
		{errors.Join(context.Canceled, full), runs.Failed},
		{errors.Join(context.Canceled, errors.Join(context.Canceled, full)), runs.Failed},
		{full, runs.Failed},
	} {
		for _, saved := range []bool{false, true} {
			r, err := runs.CreateAt(t.TempDir())
			if err == nil && saved {
				err = os.WriteFile(r.Path(runs.LastFile), nil, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = (&fit{run: r}).broken(c.err)
			var unfinished *UnfinishedError
			resumable := saved || c.want == runs.Interrupted
			if r.Info.Status != c.want || Canceled(err) != (c.want == runs.Interrupted) || errors.As(err, &unfinished) != resumable {
				t.Errorf("%v, saved %v: the run is %s, and fit returns %#v", c.err, saved, r.Info.Status, err)
			}
			if errors.Is(c.err, full) && !strings.Contains(fmt.Sprint(err), full.Error()) {
				t.Errorf("%v is lost in %v", c.err, err)
			}
		}
	}
}

func TestBestIsNotedOnlyOnceItIsSaved(t *testing.T) {
	e, err := Load(filepath.Join("..", "..", "specs", "quickstart.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := runs.CreateAt(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fit{Experiment: e, run: r, monitor: callback.NewMonitor("loss"), sets: &data.Sets{}}
	s := &callback.State{Epoch: 3, Logs: callback.Logs{{Name: "loss", Value: 1}}}
	if err := os.RemoveAll(r.Dir); err != nil {
		t.Fatal(err)
	}
	if err := f.saveBest(s); err == nil || r.Info.Best != nil {
		t.Errorf("saved where nothing can be: %v, best %v", err, r.Info.Best)
	}
}
