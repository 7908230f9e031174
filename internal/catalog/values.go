package catalog

import "cnntrain/internal/spec"

// A Choice is the value of an option that names an entry of another catalog.
type Choice struct {
	Name, Keras string
	Values      map[string]any
}

// Values returns the options of an item that was decoded without errors, by name, as Go
// values: int, float64, Pair and so on; a Choice for an entry of another catalog; nil if
// there is no value. Lists of entries are omitted.
func (c *Catalog[T]) Values(it *spec.Item) map[string]any {
	var problems spec.Problems // never used: a resolved item is valid
	again := spec.Item{Name: it.Name, Options: it.Resolved}
	_, o := c.make(c.entries[it.Name])
	o.decode(&again, &problems)
	values := map[string]any{}
	for _, f := range o.fields {
		if v, ok := f.value.(interface{ get() any }); ok {
			values[f.Name] = v.get()
		}
	}
	return values
}

func (t *thing[T]) get() any {
	if t.item.Name == "" {
		return nil
	}
	return Choice{t.item.Name, t.c.entries[t.item.Name].Keras, t.c.Values(&t.item)}
}

// Things returns the catalog that the option's value is from; nil if there is none.
func (f *Field) Things() Listing {
	if v, ok := f.value.(interface{ things() Listing }); ok {
		return v.things()
	}
	return nil
}

func (t *thing[T]) things() Listing { return t.c }
