package pretrained

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"
)

// mostNamed is the number of layers or weights that a message names.
const mostNamed = 4

// A Row says where the weights of a layer come from.
type Row struct {
	Layer  string // label in the spec; empty: From is not used
	From   string // name in the file; empty: the layer is initialized
	Shapes [][]int
}

// An Assignment maps weights of a file to the layers of a model.
type Assignment struct {
	File  string
	Rows  []Row    // layers in the order of the model, then unused weights of the file
	Notes []string // differences between the model and the one that the weights were trained in

	taken []taken
	found int // layers with weights from the file
	fresh []string
	left  []string
}

type taken struct {
	name string // of the weight, for errors
	source
	to []float32
}

// Assign finds the weights of m's layers in f: by name where the shapes fit, else by
// order and shape. PyTorch's are transposed to Keras's layout.
func (f *File) Assign(m *interop.Model) *Assignment {
	a := &assigner{file: f, model: m, modules: f.modules(), of: make([]int, len(m.Layers)), order: m.WeightOrder()}
	a.used = make([]bool, len(a.modules))
	for i := range a.of {
		a.of[i] = -1
	}
	a.byName()
	// Convolutions and dense layers are matched by shape; a normalization layer follows one.
	a.inOrder(func(l *interop.Layer) bool { return hasKernel(l) })
	a.behind()
	a.inOrder(func(*interop.Layer) bool { return true })
	return a.result()
}

// An assigner matches modules to layers.
type assigner struct {
	file    *File
	model   *interop.Model
	modules []*module
	used    []bool
	of      []int // the module of each layer, -1: none
	order   []int // the layers in the order of modules
}

func hasKernel(l *interop.Layer) bool {
	return slices.ContainsFunc(l.Own, func(w layer.Weight) bool { return strings.HasSuffix(w.Name, "kernel") })
}

// take assigns module m to layer i, if it fits and is unassigned.
func (a *assigner) take(i, m int) bool {
	if a.used[m] || a.of[i] >= 0 {
		return false
	}
	l := &a.model.Layers[i]
	if _, ok := a.modules[m].fit(a.file.Format, l, a.flattened(l.Inputs[0])); !ok {
		return false
	}
	a.used[m], a.of[i] = true, m
	return true
}

// byName assigns to each layer the module with its name.
func (a *assigner) byName() {
	for i := range a.model.Layers {
		for m := range a.modules {
			name := a.modules[m].name
			if label := a.model.Layers[i].Label; name == label || strings.HasSuffix(name, "/"+label) {
				if a.take(i, m) {
					break
				}
			}
		}
	}
}

// inOrder assigns to each selected layer without a module the first unassigned module that fits.
func (a *assigner) inOrder(of func(*interop.Layer) bool) {
	for _, i := range a.order {
		if l := &a.model.Layers[i]; len(l.Own) == 0 || layer.Fixed(l.Layer.Layer) || !of(l) {
			continue
		}
		for m := range a.modules {
			if a.take(i, m) {
				break
			}
		}
	}
}

// behind assigns to each normalization layer the module after that of its input.
func (a *assigner) behind() {
	for i := range a.model.Layers {
		l := &a.model.Layers[i]
		if len(l.Own) == 0 || !strings.HasSuffix(l.Type, "Normalization") {
			continue
		}
		at := l.Inputs[0]
		for at != spec.Images && len(a.model.Layers[at].Own) == 0 {
			at = a.model.Layers[at].Inputs[0]
		}
		if at != spec.Images && hasKernel(&a.model.Layers[at]) && a.of[at] >= 0 && a.of[at]+1 < len(a.modules) {
			a.take(i, a.of[at]+1)
		}
	}
}

// flattened returns the shapes that the output of layer j was flattened from, one after the
// other where paths are concatenated: [H W C] of maps, [n] of what was flat. It is nil for maps.
func (a *assigner) flattened(j int) (from []layer.Shape) {
	if j == spec.Images || len(a.model.Layers[j].Out) != 1 {
		return nil
	}
	switch l := &a.model.Layers[j]; {
	case l.Type == "Concatenate":
		for _, in := range l.Inputs {
			from = append(from, a.flattened(in)...)
		}
		return from
	case (l.Type == "Flatten" || l.Type == "Reshape") && len(l.In) == 3:
		if a.channelsFirst(l.Inputs[0]) {
			return []layer.Shape{l.Out}
		}
		return []layer.Shape{l.In}
	case len(l.In) == 3 || l.In.Size() != l.Out.Size() || hasKernel(l):
		return []layer.Shape{l.Out}
	default:
		return a.flattened(l.Inputs[0])
	}
}

// channelsFirst reports whether the output of layer j is a map in PyTorch's order: permute gave it that,
// and no layer behind has another shape.
func (a *assigner) channelsFirst(j int) bool {
	for ; j != spec.Images; j = a.model.Layers[j].Inputs[0] {
		switch l := &a.model.Layers[j]; {
		case l.Type == "Permute":
			return l.PutsChannelsFirst()
		case len(l.Own) > 0 || len(l.Inputs) != 1 || !slices.Equal(l.In, l.Out):
			return false
		}
	}
	return false
}

func (a *assigner) result() *Assignment {
	r := &Assignment{File: a.file.Path}
	for i := range a.model.Layers {
		l := &a.model.Layers[i]
		if len(l.Own) == 0 || layer.Fixed(l.Layer.Layer) && a.of[i] < 0 {
			continue
		}
		row := Row{Layer: l.Label}
		for _, w := range l.Own {
			row.Shapes = append(row.Shapes, []int(w.Shape))
		}
		if a.of[i] < 0 {
			r.fresh = append(r.fresh, l.Label)
		} else {
			m := a.modules[a.of[i]]
			row.From = m.name
			sources, _ := m.fit(a.file.Format, l, a.flattened(l.Inputs[0]))
			for n, s := range sources {
				r.taken = append(r.taken, taken{m.fullName(s.tensor, a.file.Format), s, l.Weights[n].Data})
			}
			r.found++
		}
		r.Rows = append(r.Rows, row)
	}
	for i, m := range a.modules {
		if a.used[i] {
			continue
		}
		row := Row{From: m.name}
		for _, t := range m.tensors {
			row.Shapes = append(row.Shapes, t.Shape)
		}
		r.left = append(r.left, cmp.Or(m.name, m.tensors[0].Name))
		r.Rows = append(r.Rows, row)
	}
	if a.file.Format.channelsFirst() {
		r.Notes = a.differences()
	}
	return r
}

// differences returns how layers with weights from PyTorch differ from PyTorch's layers with
// default options.
func (a *assigner) differences() (notes []string) {
	var epsilon, padding, average, slope, shape []string
	for i := range a.model.Layers {
		l := &a.model.Layers[i]
		if l.PoolsMoreAfter() {
			padding = append(padding, l.Label)
		}
		if l.AveragesBorders() {
			average = append(average, l.Label)
		}
		if s, ok := slopeOf(l); ok && s != torchSlope {
			slope = append(slope, fmt.Sprintf("%s (%g)", l.Label, s))
		}
		if l.Type == "Reshape" && len(l.Out) > 1 && (interleaved(l.In) || interleaved(l.Out)) {
			shape = append(shape, l.Label)
		}
		if a.of[i] < 0 {
			continue
		}
		if e, ok := l.Options["epsilon"].(float64); ok && e != 1e-5 {
			epsilon = append(epsilon, fmt.Sprintf("%s (%g)", l.Label, e))
		}
		if l.Options["padding"] == "same" && hasKernel(l) && (l.In[0] != l.Out[0] || l.In[1] != l.Out[1]) {
			padding = append(padding, l.Label)
		}
	}
	if len(epsilon) > 0 {
		notes = append(notes, fmt.Sprintf("PyTorch's normalization layers have epsilon 1e-5 by default; other here: %s", words.Few(epsilon, mostNamed)))
	}
	if len(padding) > 0 {
		notes = append(notes, fmt.Sprintf("with strides, padding: same pads more at the end, as in Keras, and PyTorch alike on both sides: zero_padding2d (before max pooling: behind relu, where no value is below 0) and padding: valid do the same; here: %s", words.Few(padding, mostNamed)))
	}
	if len(average) > 0 {
		notes = append(notes, fmt.Sprintf("PyTorch's average pooling counts the zeros of its padding by default (count_include_pad), and here they do not count: zero_padding2d and padding: valid do the same; here: %s", words.Few(average, mostNamed)))
	}
	if len(slope) > 0 {
		notes = append(notes, fmt.Sprintf("PyTorch's LeakyReLU has the slope 0.01 by default; other here: %s", words.Few(slope, mostNamed)))
	}
	if len(shape) > 0 {
		notes = append(notes, fmt.Sprintf("reshape gives and takes maps as [height width channels], and view and reshape of PyTorch as [channels height width], so that values are in other places: %s", words.Few(shape, mostNamed)))
	}
	return notes
}

// torchSlope is the slope of PyTorch's LeakyReLU for negative values, unless it is given.
const torchSlope = 0.01

// slopeOf returns the slope of a leaky ReLU.
func slopeOf(l *interop.Layer) (slope float64, ok bool) {
	if l.Name == "leaky_relu" {
		slope, ok = l.Options["negative_slope"].(float64)
		return slope, ok
	}
	return 0.2, l.Options["activation"] == "leaky_relu"
}

// interleaved reports whether the values of a map are in another order in PyTorch.
func interleaved(s layer.Shape) bool { return len(s) == 3 && s[0]*s[1] > 1 && s[2] > 1 }

// Fresh returns the labels of the layers that the file has no weights for.
func (a *Assignment) Fresh() []string { return a.fresh }

// Check returns an error if nothing is assigned or, unless partial, if a layer has no
// weights in the file or weights of the file are unused.
func (a *Assignment) Check(partial bool) error {
	var parts []string
	switch {
	case a.found == 0:
		return fmt.Errorf("%s: no weight in it fits the model; its first layers and the model's: cnntrain weights %s, cnntrain summary", a.File, words.Shell(a.File))
	case partial:
		return nil
	}
	if len(a.fresh) > 0 {
		parts = append(parts, "it has none for "+words.Few(a.fresh, mostNamed))
	}
	if len(a.left) > 0 {
		parts = append(parts, "the model has no layer for "+words.Few(a.left, mostNamed))
	}
	if parts == nil {
		return nil
	}
	return fmt.Errorf("%s: weights of another architecture: %s; partial: true, or --partial, takes those that fit", a.File, strings.Join(parts, "; "))
}

// Summary describes in a few lines what is loaded, initialized and unused.
func (a *Assignment) Summary() (lines []string) {
	line := fmt.Sprintf("%s: weights of %d of %d layers", a.File, a.found, a.found+len(a.fresh))
	if len(a.fresh) > 0 {
		line += "; new: " + words.Few(a.fresh, mostNamed)
	}
	if len(a.left) > 0 {
		line += "; left in the file: " + words.Few(a.left, mostNamed)
	}
	return append([]string{line}, a.Notes...)
}

// Load copies the assigned weights into the model. It returns an error if they cannot
// be read or are not finite.
func (a *Assignment) Load() error {
	for _, t := range a.taken {
		values, err := t.tensor.Read()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", a.File, t.name, err)
		}
		if err := checkpoint.Finite([]checkpoint.Tensor{{Name: t.name, Shape: t.tensor.Shape, Data: values}}); err != nil {
			return fmt.Errorf("%s: %w", a.File, err)
		}
		if t.turn != nil {
			values = t.turn(values)
		}
		if copy(t.to, values) != len(t.to) || len(values) != len(t.to) {
			return errors.New(a.File + ": " + t.name + ": damaged: it has not as many values as its shape says")
		}
	}
	return nil
}
