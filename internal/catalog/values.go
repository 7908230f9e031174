package catalog

import "cnntrain/internal/spec"

// A Choice is the value of an option that holds a thing of another catalog.
type Choice struct {
	Name, Keras string
	Values      map[string]any
}

// Values returns the options of an item that was decoded without a problem, by
// name, as they are in Go: int, float64, Pair and so on, a Choice for a thing of
// another catalog, nil where there is none. Lists of things are left out.
func (c *Catalog[T]) Values(it *spec.Item) map[string]any {
	var problems spec.Problems // none: a resolved item is right
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

// Things returns the catalog that the option's value is a thing of; nil if it is none.
func (f *Field) Things() Listing {
	if v, ok := f.value.(interface{ things() Listing }); ok {
		return v.things()
	}
	return nil
}

func (t *thing[T]) things() Listing { return t.c }
