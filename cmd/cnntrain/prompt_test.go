package main

import (
	"errors"
	"os/exec"
	"testing"
	"time"
)

// Help and typing errors are answered without delay. The fastest of several tries counts,
// since other programs may use the machine.
func TestAnswersWithin100Milliseconds(t *testing.T) {
	lines := [][]string{{"fti"}, {"fit"}, {"fit", "none.yaml"}, {"fit", "x", "--epoch", "3"}, {"explain", "conv2"}, {"explain"}, {"__complete", "fit", "../../specs/vgg19.yaml", "--set", "layers."}}
	root := newRoot(&streams{})
	lines = append(lines, []string{"--help"})
	for _, c := range root.Commands() {
		lines = append(lines, []string{c.Name(), "--help"})
	}
	for _, args := range lines {
		best := time.Hour
		for try := 0; try < 10 && best > 100*time.Millisecond; try++ {
			cmd := exec.Command("cnntrain", args...) // see TestMain
			began := time.Now()
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			best = min(best, time.Since(began))
		}
		if best > 100*time.Millisecond {
			t.Errorf("%v: took %v", args, best)
		}
	}
}
