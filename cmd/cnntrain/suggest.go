package main

import (
	"regexp"
	"strings"
)

// plainWord matches arguments that need no quotes in a shell.
var plainWord = regexp.MustCompile(`^[\w./:=@%,+~-]+$`)

// commandLine returns a command to paste into a shell, with its arguments quoted if necessary.
func commandLine(args ...string) string {
	words := []string{"cnntrain"}
	for _, a := range args {
		if !plainWord.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
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
