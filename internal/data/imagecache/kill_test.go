package imagecache

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain makes a process that only writes images out of this one.
func TestMain(m *testing.M) {
	if dir := os.Getenv("IMAGECACHE_TEST_WRITE"); dir != "" {
		c := New(Options{Dir: dir, MaxBytes: 1e9, Memory: 1})
		for n := uint64(0); ; n++ {
			k, x := image(n % 200)
			c.Put(k, x)
		}
	}
	os.Exit(m.Run())
}

// Processes that are killed while they write, two at a time, leave whole images or none.
func TestKilledProcessesLeaveWholeImages(t *testing.T) {
	dir := t.TempDir()
	for round := range 6 {
		var writers []*exec.Cmd
		for range 2 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "IMAGECACHE_TEST_WRITE="+dir)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			writers = append(writers, cmd)
		}
		time.Sleep(time.Duration(60+13*round) * time.Millisecond)
		for _, w := range writers {
			_ = w.Process.Kill()
			_ = w.Wait()
		}
	}
	c := New(Options{Dir: dir, MaxBytes: 1e9, Memory: 1})
	there := 0
	for n := range uint64(200) {
		if has(c, n) {
			mustHave(t, c, n)
			there++
		}
	}
	whole := 0
	for path := range files(t, dir) {
		if strings.HasSuffix(path, ending) {
			whole++
		}
	}
	if there == 0 || there != whole {
		t.Errorf("%d of %d files are whole", there, whole)
	}
}
