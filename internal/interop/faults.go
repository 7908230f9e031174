package interop

import (
	"errors"
	"fmt"
	"slices"

	"cnntrain/internal/words"
)

// A fault is a reason why a file cannot be used.
type fault struct {
	layers []string // labels of the layers with the fault, if it is about layers
	class  string   // class of the layers
	text   string
}

// faults collects everything that is wrong with a file.
type faults []fault

func (f *faults) add(format string, args ...any) {
	*f = append(*f, fault{text: fmt.Sprintf(format, args...)})
}

// of records a fault of a layer; the same fault of several layers of a class is merged.
func (f *faults) of(l *kerasLayer, text string) {
	at := slices.IndexFunc(*f, func(o fault) bool { return o.layers != nil && o.class == l.class && o.text == text })
	if at < 0 {
		*f = append(*f, fault{[]string{l.name}, l.class, text})
		return
	}
	if one := &(*f)[at]; !slices.Contains(one.layers, l.name) { // a layer that is called several times
		one.layers = append(one.layers, l.name)
	}
}

func (f fault) Error() string {
	names := words.Few(f.layers, 5)
	switch len(f.layers) {
	case 0:
		return f.text
	case 1:
		return fmt.Sprintf("layer %s (%s): %s", names, f.class, f.text)
	}
	return fmt.Sprintf("layers %s (%s): %s", names, f.class, f.text)
}

// err joins all faults; it is nil if there are none.
func (f faults) err() error {
	var all []error
	for _, one := range f {
		all = append(all, one)
	}
	return errors.Join(all...)
}
