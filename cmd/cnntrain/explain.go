package main

import (
	"fmt"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"
	"cnntrain/specs"

	"github.com/spf13/cobra"
)

func newExplain(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [WORD...]",
		Short: "Explain a layer, an optimizer, an option or any other word of a spec",
		Long: `Prints the entry of docs/SPEC.md for a word: a layer or another catalog entry, a kind
of entries (layers, optimizers), a section (data, train, sweep), an option, or a word of
the grammar (blocks, residual). Words that are no name find the names that they occur in,
or else the entries that speak of them. Without a word, lists them all, except the options.`,
		Example: `  cnntrain explain conv2d
  cnntrain explain MaxPool2D
  cnntrain explain optimizers
  cnntrain explain learning_rate
  cnntrain explain batch norm`,
		RunE: func(_ *cobra.Command, args []string) error {
			text := explainList()
			if len(args) > 0 {
				word := strings.Join(args, " ")
				if specs.Text(word) != nil {
					return usagef("%s is a spec: cnntrain new NAME --from %s writes it, cnntrain summary shows its layers", word, words.Shell(word))
				}
				if text = explain(word); text == "" {
					text = explainTopic(word)
				}
				if text == "" {
					return usagef("nothing is called %q%s", word, nearest(word))
				}
			}
			_, err := fmt.Fprint(s.out, text)
			return err
		},
	}
}

// grammar is the words of layer lists that are no layers, each with the section of docs/SPEC.md
// that explains it.
var grammar = map[string]string{
	"repeat": "Repeats and blocks", "blocks": "Repeats and blocks", "params": "Repeats and blocks",
	"residual": "Branches", "paths": "Branches", "from": "Branches",
	"trainable": "Frozen layers",
}

// introSection returns the section of specIntro with that title.
func introSection(title string) string {
	_, text, _ := strings.Cut(specIntro, "\n## "+title+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return "### " + title + "\n" + text
}

// sections returns the sections of a spec, and that of a sweep file.
func sections() []experiment.Section {
	return append(experiment.Sections(), experiment.Section{Name: "sweep", Fields: catalog.Fields((&sweep.Config{}).Options)})
}

// explainList lists every word except the options.
func explainList() string {
	var b strings.Builder
	b.WriteString("sections: data, weights, train, sweep\n")
	fmt.Fprintf(&b, "grammar: %s\n", strings.Join(sorted(grammar), ", "))
	for _, l := range listings {
		fmt.Fprintf(&b, "%s: %s\n", words.Plural(l.Kind()), strings.Join(l.Names(), ", "))
	}
	return b.String()
}

// explain returns the documentation of all entries called word; if there are none, of
// options.
func explain(word string) string {
	var parts []string
	for _, s := range sections() {
		if s.Name == word {
			parts = append(parts, fmt.Sprintf("### %s\n\n%s", s.Name, fieldTable(s.Fields)+groupTables(s.Fields)))
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
	if title := grammar[word]; title != "" {
		parts = append(parts, introSection(title))
	}
	if len(parts) == 0 {
		return explainOption(word)
	}
	return strings.Join(parts, "\n")
}

// explainKind lists the entries of a kind, one per line.
func explainKind(l catalog.Listing) string {
	var b strings.Builder
	for _, name := range l.Names() {
		doc, _, _ := strings.Cut(l.Info(name).Doc, "\n")
		fmt.Fprintf(&b, "%-28s  %s\n", name, doc)
	}
	return b.String()
}

// explainOption returns the tables of all entries that have an option of that name, or of
// the last part of a dotted path as in --set; empty if there are none.
func explainOption(word string) string {
	word = word[strings.LastIndex(word, ".")+1:]
	var b strings.Builder
	eachOption(func(owner string, f *catalog.Field) {
		if f.Name == word {
			one := []*catalog.Field{f}
			fmt.Fprintf(&b, "### %s of %s\n\n%s\n", word, owner, fieldTable(one)+groupTables(one))
		}
	})
	return strings.TrimSuffix(b.String(), "\n")
}

func eachOption(visit func(owner string, f *catalog.Field)) {
	for _, s := range sections() {
		for _, f := range s.Fields {
			visit(s.Name, f)
			for _, own := range f.Group() {
				visit(f.Name, own)
			}
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

// explained lists every word that explain accepts.
func explained() []string {
	all := map[string]bool{}
	for word := range grammar {
		all[word] = true
	}
	for _, s := range sections() {
		all[s.Name] = true
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

// nearest suggests a word or specs that begin so, or else a similar word, or how to list all words.
func nearest(word string) string {
	near, like := spec.Nearest(word, explained()), specsLike(word)
	switch {
	case near != "" && (like == nil || strings.HasPrefix(near, strings.ToLower(word))):
		return fmt.Sprintf("; did you mean %q?", near)
	case like != nil:
		return fmt.Sprintf("; there are the specs %s: cnntrain new NAME --from %s", strings.Join(like, ", "), like[0])
	}
	return "; cnntrain explain lists what there is"
}

// specsLike returns the seed specs whose names begin with word.
func specsLike(word string) (near []string) {
	for _, name := range specs.Names() {
		if strings.HasPrefix(name, strings.ToLower(word)) {
			near = append(near, name)
		}
	}
	return near
}
