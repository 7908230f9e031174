package main

import (
	"bytes"
	"strings"
	"testing"
)

// What is completed is what the flag of that command takes.
func TestCompletionsAreThoseOfTheCommand(t *testing.T) {
	complete := func(args ...string) string {
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"__complete"}, args...), newStreams(&out, &bytes.Buffer{}, nil)); code != 0 {
			t.Fatalf("%v: exit code %d", args, code)
		}
		return out.String()
	}
	for _, c := range []struct {
		args []string
		want string // empty: no name of a spec
	}{
		{[]string{"new", "x", "--from", ""}, "lenet5\n"},
		{[]string{"lr-find", "x.yaml", "--from", ""}, ""},
		{[]string{"fit", "../../specs/lenet5.yaml", "--set", "layers.conv2d.f"}, "layers.conv2d.filters=\n"},
		{[]string{"weights", "net.pth", "../../specs/lenet5.yaml", "--set", "layers.conv2d.f"}, "layers.conv2d.filters=\n"},
	} {
		if got := complete(c.args...); !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "lenet5") {
			t.Errorf("%v: %q", c.args, got)
		}
	}
}
