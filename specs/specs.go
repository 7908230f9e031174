// Package specs embeds the seed specs, for commands that need one without a file.
package specs

import (
	"embed"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names returns the names of the seed specs in alphabetical order.
func Names() (names []string) {
	entries, _ := files.ReadDir(".") // embedded: cannot fail
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Text returns the seed spec of that name, nil if there is none.
func Text(name string) []byte {
	text, _ := files.ReadFile(name + ".yaml")
	return text
}
