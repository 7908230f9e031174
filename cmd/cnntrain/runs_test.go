package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunsAreDeletedOnlyWhenThatIsWanted(t *testing.T) {
	for answer, deleted := range map[string]bool{"y\n": true, "Yes": true, "n\n": false, "\n": false, "": false} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"status": "finished"}`), 0o666); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		s := &streams{in: strings.NewReader(answer), out: io.Discard, err: &errs}
		err := runRunsRemove([]string{dir}, false, false, s)
		if (err == nil) != deleted || exists(dir) == deleted || errs.String() != "delete "+dir+"? [y/N] " {
			t.Errorf("answer %q: %v, there: %v, asked %q", answer, err, exists(dir), errs.String())
		}
	}
}
