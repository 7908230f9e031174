package words

import (
	"regexp"
	"strings"
)

// Shell returns a word as one writes it in a shell: as it is, or in single quotes if that would
// mean something else there.
func Shell(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var plain = regexp.MustCompile(`^[\pL\pN_./:=@%,+-]+$`)
