package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A timedWriter notes when the first and the last of what is written came.
type timedWriter struct {
	bytes.Buffer
	first, last time.Time
}

func (w *timedWriter) Write(p []byte) (int, error) {
	w.last = time.Now()
	if w.first.IsZero() {
		w.first = w.last
	}
	return w.Buffer.Write(p)
}

func (w *timedWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// The model is shown before steps are measured, which takes at least half a second.
func TestDryRunShowsTheModelFirst(t *testing.T) {
	var out timedWriter
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"fit", "../../specs/quickstart.yaml", "--dry-run", "--out", t.TempDir() + "/run"}, newStreams(&out, &errs, nil)); code != 0 {
		t.Fatal(code, errs.String())
	}
	model, expected := strings.Index(out.String(), `Model: "quickstart"`), strings.Index(out.String(), "An epoch: about ")
	if model < 0 || expected < model || out.last.Sub(out.first) < 400*time.Millisecond {
		t.Errorf("%v between the model and the times in\n%s", out.last.Sub(out.first), out.String())
	}
}
