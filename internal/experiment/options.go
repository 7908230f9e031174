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
	path, _ := optionPlace(name)
	return path
}

// optionPlace returns OptionPath and, for an option of an option, an example of it as YAML.
func optionPlace(name string) (path, written string) {
	if other, ok := synonyms[name]; ok {
		name = other
	}
	if p := optionPlaces()[name]; p != nil {
		return strings.Join(p.paths, " or "), p.written
	}
	return "", ""
}

// A place is where a spec has an option.
type place struct {
	paths   []string
	written string // the first of them as YAML; empty for an option of a section
}

type places map[string]*place

func (all places) add(name, path, written string) {
	if all[name] == nil {
		all[name] = &place{written: written}
	}
	all[name].paths = append(all[name].paths, path)
}

// written writes a field as YAML, within the items around it.
func written(f *catalog.Field, around ...string) string {
	value := f.Default
	if value == "" {
		value = "…"
	}
	text := f.Name + ": " + value
	for _, name := range slices.Backward(around) {
		text = name + ": {" + text + "}"
	}
	return text
}

var optionPlaces = sync.OnceValue(func() places {
	all := places{}
	for _, name := range []string{"input", "layers", "blocks"} {
		all.add(name, name, "")
	}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			all.add(f.Name, s.Name+"."+f.Name, "")
		}
	}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			if l := f.Things(); l != nil {
				all.addThings(s.Name, f, l)
			}
		}
	}
	for _, name := range callback.Callbacks.Names() {
		for _, f := range callback.Callbacks.Info(name).Fields {
			all.add(f.Name, "train."+name+"."+f.Name, written(f, "train", name))
		}
	}
	for _, s := range Sections() {
		for _, f := range s.Fields {
			for _, own := range f.Group() {
				if all[own.Name] == nil { // others are more common
					all.add(own.Name, s.Name+"."+f.Name+"."+own.Name, written(own, s.Name, f.Name))
				}
			}
		}
	}
	return all
})

// addThings adds the options of the entries that an option of a section can name.
func (all places) addThings(section string, option *catalog.Field, l catalog.Listing) {
	owners := map[string][]string{}
	fields := map[string]*catalog.Field{} // of the last owner
	var names []string
	for _, entry := range l.Names() {
		for _, f := range l.Info(entry).Fields {
			if owners[f.Name] == nil {
				names = append(names, f.Name)
			}
			owners[f.Name], fields[f.Name] = append(owners[f.Name], entry), f
		}
	}
	for _, name := range names {
		path, has := section+"."+option.Name+"."+name, owners[name]
		owner, f := has[len(has)-1], fields[name]
		if slices.Contains(has, option.Default) {
			owner = option.Default
			own := l.Info(owner).Fields
			f = own[slices.IndexFunc(own, func(f *catalog.Field) bool { return f.Name == name })]
		} else {
			path += " of " + strings.Join(has, ", ")
		}
		all.add(name, path, written(f, section, option.Name, owner))
	}
}
