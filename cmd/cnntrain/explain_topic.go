package main

import (
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/words"
)

// alsoCalled is words of the field that neither the names nor their documentation have.
var alsoCalled = map[string]string{
	"skip connection": "residual", "skip connections": "residual", "shortcut": "residual",
	"augmentation": "random_*", "data augmentation": "random_*", // the layers that begin so
	"class imbalance": "class_weight", "imbalanced classes": "class_weight",
	"transfer learning": "fine_tune", "fine tuning": "fine_tune", "pretrained weights": "weights",
	"lr": "learning_rate",
}

// explainTopic explains what people call by other words, "batch norm": the only name that they occur in, or a list of
// those names, or else of what speaks of them; empty if there is none.
func explainTopic(topic string) string {
	asked := strings.FieldsFunc(strings.ToLower(topic), func(r rune) bool { return strings.ContainsRune(" _-/", r) })
	if len(asked) == 0 {
		return ""
	}
	if other := alsoCalled[strings.Join(asked, " ")]; other != "" {
		asked = []string{other}
	}
	all := subjects()
	if prefix, ok := strings.CutSuffix(asked[0], "*"); ok {
		return listOf(matching(all, func(s subject) bool { return strings.HasPrefix(s.name, prefix) && layer.Layers.Has(s.name) }))
	}
	if text := explain(strings.Join(asked, "_")); text != "" {
		return text
	}
	joined := strings.Join(asked, "") // cross entropy, warm up
	found := matching(all, func(s subject) bool { return every(asked, s.isCalled) || len(asked) > 1 && s.contains(joined) })
	if len(found) == 0 && len(asked) > 1 { // one word alone is more often a typo
		found = matching(all, func(s subject) bool { return every(asked, s.speaksOf) })
	}
	if len(found) == 1 {
		return explain(found[0].name)
	}
	return listOf(found)
}

func listOf(found []subject) string {
	var b strings.Builder
	for _, s := range found {
		doc, _, _ := strings.Cut(s.doc, "\n")
		fmt.Fprintf(&b, "%-28s  %s\n", s.name, doc)
	}
	return b.String()
}

// A subject is a word that explain accepts, and its documentation.
type subject struct{ name, keras, doc string }

// contains reports whether the name, without the signs between its words, has word in it.
func (s subject) contains(word string) bool {
	return strings.Contains(strings.ReplaceAll(s.name, "_", ""), word)
}

// isCalled reports whether one of the words of the name begins with word: norm for batch_normalization.
func (s subject) isCalled(word string) bool {
	return slices.ContainsFunc(strings.Split(s.name, "_"), func(part string) bool { return strings.HasPrefix(part, word) })
}

// speaksOf reports whether the documentation or a name has a word that begins with word.
func (s subject) speaksOf(word string) bool {
	text := strings.FieldsFunc(strings.ToLower(s.name+" "+s.keras+" "+s.doc), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
	return slices.ContainsFunc(text, func(part string) bool { return strings.HasPrefix(part, word) })
}

// subjects lists what explain accepts, each name once: entries before options.
func subjects() (all []subject) {
	seen := map[string]bool{}
	add := func(s subject) {
		if !seen[s.name] {
			seen[s.name] = true
			all = append(all, s)
		}
	}
	for _, l := range listings {
		for _, name := range l.Names() {
			e := l.Info(name)
			add(subject{name, e.Keras, e.Doc})
		}
	}
	for _, word := range sorted(grammar) {
		add(subject{word, "", introSection(grammar[word])})
	}
	for _, l := range listings {
		add(subject{words.Plural(l.Kind()), "", ""})
	}
	eachOption(func(_ string, f *catalog.Field) { add(subject{f.Name, "", f.Doc}) })
	return all
}

func matching(all []subject, which func(subject) bool) (found []subject) {
	for _, s := range all {
		if which(s) {
			found = append(found, s)
		}
	}
	return found
}

func every(asked []string, is func(string) bool) bool {
	return !slices.ContainsFunc(asked, func(word string) bool { return !is(word) })
}
