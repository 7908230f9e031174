package words

import "testing"

func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"runs/lenet5/1": "runs/lenet5/1", "größe=3": "größe=3", "my runs/1": "'my runs/1'", "a'b": `'a'\''b'`, "": "''",
		"$HOME": "'$HOME'", "x;y": "'x;y'",
	} {
		if got := Shell(word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}
