package experiment

import (
	"slices"
	"strings"
	"sync"

	"cnntrain/internal/builder"
	"cnntrain/internal/catalog"
	"cnntrain/internal/data"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// A Section is a section of a spec, with its options from all packages.
type Section struct {
	Name   string
	Fields []*catalog.Field
}

// Sections returns the sections of a spec, in the order of the document.
func Sections() []Section {
	return []Section{
		{"data", catalog.Fields((&data.Config{}).Options)},
		{"weights", catalog.Fields((&Start{}).Options)},
		{"train", append(catalog.Fields((&train.Config{}).Options), catalog.Fields((&builder.Plan{}).Options)...)},
	}
}

// synonyms maps other common names of options to ours.
var synonyms = map[string]string{
	"lr": "learning_rate", "val_split": "validation_split", "num_epochs": "epochs", "nb_epoch": "epochs",
	"input_shape": "input", "image_size": "input",
}

// OptionPath returns the dotted path, as for --set, of the option that name refers to, with the
// entries that have it unless all have. It is empty if name is not an option of a section.
func OptionPath(name string) string {
	if other, ok := synonyms[name]; ok {
		name = other
	}
	return optionPaths()[name]
}

var optionPaths = sync.OnceValue(func() map[string]string {
	paths := map[string][]string{}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			paths[f.Name] = append(paths[f.Name], s.Name+"."+f.Name)
		}
	}
	add := func(at string, l catalog.Listing, standard string) {
		owners := map[string][]string{}
		var names []string
		for _, entry := range l.Names() {
			for _, f := range l.Info(entry).Fields {
				if owners[f.Name] == nil {
					names = append(names, f.Name)
				}
				owners[f.Name] = append(owners[f.Name], entry)
			}
		}
		for _, name := range names {
			path := at + "." + name
			if has := owners[name]; !slices.Contains(has, standard) {
				path += " of " + strings.Join(has, ", ")
			}
			paths[name] = append(paths[name], path)
		}
	}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			if l := f.Things(); l != nil {
				add(s.Name+"."+f.Name, l, f.Default)
			}
		}
	}
	for _, name := range callback.Callbacks.Names() {
		for _, f := range callback.Callbacks.Info(name).Fields {
			paths[f.Name] = append(paths[f.Name], "train."+name+"."+f.Name)
		}
	}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			for _, own := range f.Group() {
				if paths[own.Name] == nil { // others are more common
					paths[own.Name] = []string{s.Name + "." + f.Name + "." + own.Name}
				}
			}
		}
	}
	joined := map[string]string{"input": "input", "layers": "layers", "blocks": "blocks"}
	for name, p := range paths {
		joined[name] = strings.Join(p, " or ")
	}
	return joined
})
