package interop

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/interop/hdf5"
)

// readH5Weights reads the weights of the layers that have any, from a file of Keras 2 or
// the .h5 of Keras 3. A nested model yields as many layers as its weights have scopes.
func readH5Weights(root *hdf5.Group) (layers []kerasWeights, err error) {
	root = modelWeights(root)
	list, ok := texts(root, "layer_names")
	if !ok {
		return nil, errors.New("no weights of Keras here: layer_names is missing")
	}
	for _, name := range list {
		group, err := readH5Group(root, name)
		if err != nil {
			return nil, err
		}
		layers = append(layers, group...)
	}
	return layers, nil
}

// readH5Group reads the weights under one name of layer_names, grouped by scope: the path
// without the weight's own name, conv2d in conv2d/kernel:0.
func readH5Group(root *hdf5.Group, name string) (scopes []kerasWeights, err error) {
	group, _ := find(root, name)
	if group == nil {
		return nil, fmt.Errorf("damaged: layer %q has no group", name)
	}
	paths, _ := texts(group, "weight_names")
	for _, path := range paths {
		_, values := find(group, path)
		t, err := readTensor(values)
		if weightName(path) == CountName {
			t, err = noCount, nil
		}
		if err != nil {
			return nil, fmt.Errorf("layer %q: %s: %w", name, path, err)
		}
		t.Name = weightName(path)
		scope := path[:max(0, strings.LastIndexByte(path, '/'))]
		at := slices.IndexFunc(scopes, func(w kerasWeights) bool { return w.layer == scope })
		if at < 0 {
			at, scopes = len(scopes), append(scopes, kerasWeights{layer: scope})
		}
		scopes[at].tensors = append(scopes[at].tensors, t)
	}
	return scopes, nil
}

// findH5Weights assigns weights to layers: those of a layer by its name; those of a nested
// model by the names in their scopes, else by order.
func findH5Weights(root *hdf5.Group, origins []origin, found []kerasWeights) error {
	root = modelWeights(root)
	list, _ := texts(root, "layer_names")
	var wrong faults
	for _, name := range list {
		scopes, err := readH5Group(root, name)
		if err != nil {
			return err
		}
		var members []int // origins
		for i, o := range origins {
			if o.group() == name && (len(o.own) > 0 || len(o.within) == 0) {
				members = append(members, i)
			}
		}
		switch {
		case len(scopes) == 0:
		case len(members) == 0:
			wrong.add("the model has no layer for the weights of %q", name)
		case len(origins[members[0]].within) == 0: // one layer, all weights belong to it
			for _, s := range scopes {
				found[members[0]].tensors = append(found[members[0]].tensors, s.tensors...)
			}
			found[members[0]].layer = name
		default:
			for _, left := range matchScopes(scopes, origins, members, found) {
				wrong.add("the model has no layer for the weights of %s in %q", left.layer, name)
			}
		}
	}
	return wrong.err()
}

// matchScopes assigns weights to the layers of a nested model: first by names that end a
// scope, with the name of the model around them if there is one, then by those that end it except for
// a numeric suffix, then by order. It returns the remaining weights.
func matchScopes(scopes []kerasWeights, origins []origin, members []int, found []kerasWeights) (left []kerasWeights) {
	ends := func(scope, name string) bool { return scope == name || strings.HasSuffix(scope, "/"+name) }
	rules := []func(scope string, o *origin) bool{
		func(scope string, o *origin) bool { return ends(scope, o.inModel()) },
		func(scope string, o *origin) bool { return ends(scope, o.name) },
		func(scope string, o *origin) bool { return ends(numbered.ReplaceAllString(scope, ""), o.name) },
		func(string, *origin) bool { return true },
	}
	for _, fits := range rules {
		members = slices.DeleteFunc(members, func(m int) bool {
			at := slices.IndexFunc(scopes, func(s kerasWeights) bool { return fits(s.layer, &origins[m]) })
			if at < 0 {
				return false
			}
			found[m] = scopes[at]
			scopes = slices.Delete(scopes, at, at+1)
			return true
		})
	}
	return scopes
}

// inModel is the name of the layer behind that of the model it is in.
func (l *kerasLayer) inModel() string {
	if len(l.within) == 0 {
		return l.name
	}
	return l.within[len(l.within)-1] + "/" + l.name
}

// texts returns a list of strings, which Keras splits if it is long: layer_names, or
// layer_names0, layer_names1 and so on.
func texts(g *hdf5.Group, name string) (list []string, ok bool) {
	if list, ok = g.Attributes[name].([]string); ok {
		return list, true
	}
	for i := 0; ; i++ {
		part, more := g.Attributes[fmt.Sprint(name, i)].([]string)
		if !more {
			return list, i > 0
		}
		list = append(list, part...)
	}
}
