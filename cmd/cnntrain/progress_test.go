package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/train/callback"
)

// watch runs two epochs of four steps, one second each, on a terminal of some width.
func watch(t *testing.T, width int) string {
	t.Helper()
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(wide(&b, width), func() time.Time { return now }, func(epoch int) bool { return epoch == 2 })
	s := &callback.State{Epochs: 2, Steps: 4}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(p.Start(s))
	for s.Epoch = 1; s.Epoch <= 2; s.Epoch++ {
		for s.Step = 1; s.Step <= 4; s.Step++ {
			now = now.Add(time.Second)
			s.Logs = callback.Logs{{Name: "loss", Value: 1.23014}}
			check(p.Batch(s))
		}
		s.Step = 4
		s.Logs = append(s.Logs, callback.Log{Name: "val_loss", Value: 2})
		check(p.Epoch(s))
	}
	check(p.End(s))
	return b.String()
}

func TestProgressIsALineAnEpochOffATerminal(t *testing.T) {
	want := "Epoch 1/2 ━━━━━━━━━━ 4/4 4s 1s/step loss: 1.2301 val_loss: 2.0000\n" +
		"Epoch 2/2 ━━━━━━━━━━ 4/4 4s 1s/step loss: 1.2301 val_loss: 2.0000 best\n"
	if got := watch(t, 0); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestProgressOfAResumedEpochCountsItsOwnSteps(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(wide(&b, 200), func() time.Time { return now }, func(int) bool { return false })
	s := &callback.State{Epoch: 3, Epochs: 3, Step: 2, Steps: 4}
	err := p.Start(s)
	for s.Step = 3; s.Step <= 4; s.Step++ {
		now = now.Add(time.Second)
		err = errors.Join(err, p.Batch(s))
	}
	now = now.Add(-time.Hour) // the clock is set back
	s.Epoch, s.Step = 4, 1
	if err = errors.Join(err, p.Batch(s)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3/4 ETA 1s 1s/step", "4/4 2s 1s/step", "1/4 ETA 0us 0us/step"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got %q, want %q", b.String(), want)
		}
	}
}

func TestProgressRedrawsItsLineOnATerminal(t *testing.T) {
	got := watch(t, 200)
	if !strings.Contains(got, "\r\x1b[KEpoch 1/2 ━━━━━───── 2/4 ETA 2s 1s/step loss: 1.2301\r") {
		t.Errorf("got %q", got)
	}
	if n := strings.Count(got, "\n"); n != 2 {
		t.Errorf("%d lines stay, want 2", n)
	}
}

func TestProgressNeverWrapsALineItWillRedraw(t *testing.T) {
	for text := range strings.SplitSeq(watch(t, 40), "\n") {
		drawn := strings.Split(strings.ReplaceAll(text, "\x1b[K", ""), "\r")
		for i, line := range drawn {
			last := i == len(drawn)-1
			if n := len([]rune(line)); n >= 40 && !last {
				t.Errorf("%d columns: %q", n, line)
			}
			if last && text != "" && !strings.Contains(line, "val_loss: 2.0000") {
				t.Errorf("what stays is cut: %q", line)
			}
		}
	}
}

func TestAMessageDuringADownloadStartsItsOwnLine(t *testing.T) {
	var b bytes.Buffer
	s := wide(&b, 80)
	download := newDownloadProgress(s)
	download("x.gz", 0, 10)
	s.logf("broken")
	s.logf("again")
	if got := b.String(); !strings.Contains(got, "x.gz") || !strings.HasSuffix(got, "\ncnntrain: broken\ncnntrain: again\n") {
		t.Errorf("got %q", got)
	}
	b.Reset()
	download("y.gz", 0, 10)
	download("y.gz", 10, 10)
	s.logf("done")
	if got := b.String(); !strings.HasSuffix(got, "\ncnntrain: done\n") || strings.Contains(got, "\n\n") {
		t.Errorf("got %q", got)
	}
}

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		350 * time.Microsecond: "350us", 9 * time.Millisecond: "9ms", 12 * time.Second: "12s",
		185 * time.Second: "3m05s", 2*time.Hour + 14*time.Minute: "2h14m",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %s, want %s", d, got, want)
		}
	}
}

// wide returns streams to a terminal of a width.
func wide(w io.Writer, width int) *streams {
	s := newStreams(io.Discard, w, nil)
	s.errWidth = func() int { return width }
	return s
}
