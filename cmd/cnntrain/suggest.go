package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"cnntrain/internal/words"
)

// plainWord matches arguments that need no quotes in a shell.
var plainWord = regexp.MustCompile(`^[\w./:=@%,+-]+$`)

// commandLine returns a command to paste into a shell, with its arguments quoted if necessary.
func commandLine(args ...string) string {
	return shellWords(append([]string{"cnntrain"}, args...))
}

// shellWords returns the arguments of a command, quoted if necessary.
func shellWords(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = shellWord(a)
	}
	return strings.Join(quoted, " ")
}

// shellWord quotes an argument for a shell; one that does not only print, by $'…'.
func shellWord(a string) string {
	switch {
	case plainWord.MatchString(a):
		return a
	case words.OneLine(a) == a:
		return "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for len(a) > 0 {
		_, n := utf8.DecodeRuneInString(a)
		if part := a[:n]; words.OneLine(part) == part && !strings.Contains(`'\`, part) {
			b.WriteString(part)
		} else {
			for _, c := range []byte(part) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		a = a[n:]
	}
	return "$'" + b.String() + "'"
}

// withData adds the flags that a command was given for its spec and data, so that the
// suggested command uses the same.
func withData(args []string, dataDir string, sets []string) []string {
	if dataDir != "" {
		args = append(args, "--data-dir", dataDir)
	}
	for _, set := range sets {
		args = append(args, "--set", set)
	}
	return args
}
