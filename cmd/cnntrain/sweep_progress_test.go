package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/sweep"
)

// On a terminal a sweep says which members are under way, and elsewhere nothing.
func TestSweepProgressShowsTheMembersUnderWay(t *testing.T) {
	dir := t.TempDir()
	member := filepath.Join(dir, "member-1")
	w := &sweep.Sweep{Dir: dir, Plan: sweep.Plan{
		Metric: "val_loss", Params: []string{"train.seed"}, Members: [][]string{{"1"}, {"2"}}, Stages: []sweep.Stage{{Members: 2, Epochs: 3}},
	}}
	for file, text := range map[string]string{
		"run.json":     `{"status": "running", "process": {"host": "x", "id": 1}, "epochs": null}`,
		"epochs.jsonl": `{"epoch": 1, "figures": {"val_loss": 0.5}}` + "\n",
	} {
		if err := os.MkdirAll(member, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(member, file), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	p := newSweepProgress(wide(&b, 200), w)
	j := sweep.Job{Dir: member, Epochs: 3}
	p.begins(j)
	p.begins(sweep.Job{Member: 1, Dir: filepath.Join(dir, "member-2")})
	p.draw()
	p.print(func() { p.logf("something else") })
	p.ends(j)
	p.draw()
	p.stop()
	want := "\r\x1b[K0 of 2 done; member 1 (train.seed=1): 1 epoch, val_loss 0.5000; member 2 (train.seed=2): 0 epochs" +
		"\r\x1b[Kcnntrain: something else\n\r\x1b[K1 of 2 done; member 2 (train.seed=2): 0 epochs\r\x1b[K"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	b.Reset()
	p = newSweepProgress(wide(&b, 40), w)
	p.begins(j)
	p.draw()
	if line := strings.TrimPrefix(b.String(), "\r\x1b[K"); len([]rune(line)) != 39 {
		t.Errorf("%q wraps", line)
	}
	p.stop()
	b.Reset()
	p = newSweepProgress(wide(&b, 0), w)
	p.begins(j)
	p.stop()
	if b.Len() > 0 {
		t.Errorf("off a terminal: %q", b.String())
	}
}
