package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite golden files and what scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cnntrain": main})
}

// TestScripts drives the real binary. $SPECS is the folder of the seed specs,
// $DATA the real data, empty where there is none.
func TestScripts(t *testing.T) {
	specs, err := filepath.Abs("../../specs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SPECS", specs)
			env.Setenv("DATA", os.Getenv("CNNTRAIN_TEST_DATA"))
			env.Setenv("CNNTRAIN_DATA", filepath.Join(env.WorkDir, "no-data"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "realdata" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return os.Getenv("CNNTRAIN_TEST_DATA") != "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that must end with the given code: exits 2 cnntrain fit.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
