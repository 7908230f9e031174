package catalog

import (
	"reflect"
	"testing"
)

func TestValuesAreThoseOfTheResolvedItem(t *testing.T) {
	_, it, err := decode(t, "van: {wheels: 4, size: [3, 2], engine: {electric: {power: 2}}}")
	if err != nil {
		t.Fatal(err)
	}
	got := world().Values(it)
	for name, want := range map[string]any{
		"wheels": 4, "load": 0.5, "size": Pair{3, 2}, "color": "", "open": false,
		"engine": Choice{Name: "electric", Values: map[string]any{"power": 2.0}},
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s is %#v, want %#v", name, got[name], want)
		}
	}
	for _, f := range world().Info("van").Fields {
		if things := f.Things(); (things != nil) != (f.Name == "engine") {
			t.Errorf("%s is of the catalog %v", f.Name, things)
		}
	}
}
