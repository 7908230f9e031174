package main

import (
	"fmt"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

func newExplain(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [WORD]",
		Short: "Explain a layer, an optimizer, an option or any other word of a spec",
		Long: `Prints the entry of docs/SPEC.md for a word: a layer or another catalog entry, a kind
of entries (layers, optimizers), a section (data, train, sweep) or an option. Without
a word, lists them all.`,
		Example: `  cnntrain explain conv2d
  cnntrain explain MaxPool2D
  cnntrain explain optimizers
  cnntrain explain learning_rate`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text := explainList()
			if len(args) > 0 {
				if text = explain(args[0]); text == "" {
					return usagef("nothing is called %q%s", args[0], nearest(args[0]))
				}
			}
			_, err := fmt.Fprint(s.out, text)
			return err
		},
	}
}

// sections is the parts of a spec, or of a sweep file, that have options of their own.
var sections = []struct {
	name   string
	fields func() []*catalog.Field
}{
	{"data", dataFields},
	{"train", trainFields},
	{"sweep", func() []*catalog.Field { return catalog.Fields((&sweep.Config{}).Options) }},
}

// explainList is every word but the options.
func explainList() string {
	var b strings.Builder
	b.WriteString("sections: data, train, sweep\n")
	for _, l := range listings {
		fmt.Fprintf(&b, "%s: %s\n", words.Plural(l.Kind()), strings.Join(l.Names(), ", "))
	}
	return b.String()
}

// explain returns all that is called word: things first, else options.
func explain(word string) string {
	var parts []string
	for _, s := range sections {
		if s.name == word {
			parts = append(parts, fmt.Sprintf("### %s\n\n%s", s.name, fieldTable(s.fields())))
		}
	}
	for _, l := range listings {
		if word == l.Kind() || word == words.Plural(l.Kind()) {
			parts = append(parts, explainKind(l))
		}
		if name, ok := catalog.Find(l, word); ok {
			parts = append(parts, entryDoc(l.Info(name)))
		}
	}
	if len(parts) == 0 {
		return explainOption(word)
	}
	return strings.Join(parts, "\n")
}

// explainKind is a line for each thing of a kind.
func explainKind(l catalog.Listing) string {
	var b strings.Builder
	for _, name := range l.Names() {
		doc, _, _ := strings.Cut(l.Info(name).Doc, "\n")
		fmt.Fprintf(&b, "%-28s  %s\n", name, doc)
	}
	return b.String()
}

// explainOption is the tables of everything that has an option of that name, or, of
// a dotted path as in --set, of its last part. It is empty where nothing has.
func explainOption(word string) string {
	word = word[strings.LastIndex(word, ".")+1:]
	var b strings.Builder
	eachOption(func(owner string, f *catalog.Field) {
		if f.Name == word {
			fmt.Fprintf(&b, "### %s of %s\n\n%s\n", word, owner, fieldTable([]*catalog.Field{f}))
		}
	})
	return strings.TrimSuffix(b.String(), "\n")
}

func eachOption(visit func(owner string, f *catalog.Field)) {
	for _, s := range sections {
		for _, f := range s.fields() {
			visit(s.name, f)
		}
	}
	for _, l := range listings {
		for _, name := range l.Names() {
			for _, f := range l.Info(name).Fields {
				visit(name, f)
			}
		}
	}
}

// explained is every word there is something to say of.
func explained() []string {
	all := map[string]bool{}
	for _, s := range sections {
		all[s.name] = true
	}
	for _, l := range listings {
		all[words.Plural(l.Kind())] = true
		for _, name := range l.Names() {
			all[name] = true
		}
	}
	eachOption(func(_ string, f *catalog.Field) { all[f.Name] = true })
	return sorted(all)
}

// nearest hints at the word that was meant, and at the list if there is none near.
func nearest(word string) string {
	if near := spec.Nearest(word, explained()); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; cnntrain explain lists what there is"
}
