package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite golden files and what scripts expect")

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv("CNNTRAIN_CACHE"); !ok {
		if err := os.Setenv("CNNTRAIN_CACHE", "off"); err != nil { // tests leave the user's cache alone
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"cnntrain": main})
}

// TestScripts runs the real binary. $SPECS is the folder of the seed specs, $SCRIPTS that
// of the shell scripts, $KERAS that of files written by Keras, $COURSE that of the course's
// models, $DATA that of the real data, empty if there is none.
func TestScripts(t *testing.T) {
	t.Parallel()                        // its programs are processes of their own
	if signal.Ignored(syscall.SIGHUP) { // under nohup; what the tests start must not inherit that
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	specs, err := filepath.Abs("../../specs")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	keras, err := filepath.Abs("../../internal/interop/testdata")
	if err != nil {
		t.Fatal(err)
	}
	torch, err := filepath.Abs("../../internal/pretrained/testdata")
	if err != nil {
		t.Fatal(err)
	}
	course, err := filepath.Abs("../../../shared/keras")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SPECS", specs)
			env.Setenv("SCRIPTS", scripts)
			env.Setenv("KERAS", keras)
			env.Setenv("TORCH", torch)
			env.Setenv("COURSE", course)
			env.Setenv("DATA", os.Getenv("CNNTRAIN_TEST_DATA"))
			env.Setenv("CNNTRAIN_DATA", filepath.Join(env.WorkDir, "no-data"))
			env.Setenv("CNNTRAIN_CACHE", filepath.Join(env.WorkDir, "decoded"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "realdata":
				return os.Getenv("CNNTRAIN_TEST_DATA") != "", nil
			case "course":
				return exists(course), nil
			case "root": // whom permissions do not stop
				return os.Geteuid() == 0, nil
			case "mount":
				return exec.Command("unshare", "--map-root-user", "--mount", "true").Run() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "photos": photos},
	})
}

// photos writes a folder of images of two classes, with a number of images of each: photos
// DIR 10.
func photos(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: photos DIR COUNT")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for class, shade := range map[string]uint8{"cat": 50, "dog": 200} {
		dir := filepath.Join(ts.MkAbs(args[0]), class)
		ts.Check(os.MkdirAll(dir, 0o777))
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for i := range img.Pix {
			img.Pix[i] = shade
		}
		var b bytes.Buffer
		ts.Check(png.Encode(&b, img))
		for i := range n {
			ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.png", i)), b.Bytes(), 0o666))
		}
	}
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
