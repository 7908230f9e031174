package pretrained

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
)

// A module holds the weights of one layer of a file.
type module struct {
	name    string
	tensors []checkpoint.Stored // with the last part of their names in the file: weight, kernel
}

// tensor returns the tensor with the first of the names that exists.
func (m *module) tensor(names ...string) (checkpoint.Stored, bool) {
	for _, name := range names {
		for _, t := range m.tensors {
			if t.Name == name {
				return t, true
			}
		}
	}
	return checkpoint.Stored{}, false
}

// fullName is the name of a tensor of m in the file.
func (m *module) fullName(t checkpoint.Stored, f Format) string {
	switch {
	case m.name == "":
		return t.Name
	case f.channelsFirst():
		return m.name + "." + t.Name
	}
	return m.name + "/" + t.Name
}

// counters are the steps of PyTorch's batch norm and of its averages of weights, which are not needed here.
var counters = []string{"num_batches_tracked", "n_averaged"}

// modules groups the weights of f by layer, in the order of the model as far as it
// follows from the file or the names. Tensors that are not weights are omitted.
func (f *File) modules() (all []*module) {
	separator := "/"
	if f.Format.channelsFirst() {
		separator = "."
	}
	at := map[string]*module{}
	for _, t := range f.Tensors {
		end := strings.LastIndex(t.Name, separator)
		layer, name := t.Name[:max(0, end)], t.Name[end+1:]
		if slices.Contains(counters, name) || f.Format == Ours && strings.HasPrefix(t.Name, checkpoint.StatePrefix) {
			continue
		}
		if at[layer] == nil {
			at[layer] = &module{name: layer}
			all = append(all, at[layer])
		}
		t.Name = name
		at[layer].tensors = append(at[layer].tensors, t)
	}
	switch f.Format {
	case Safetensors: // which sorts by name
		names := &siblings{below: map[string]map[string]bool{}}
		for _, m := range all {
			names.add(m.name)
		}
		slices.SortStableFunc(all, func(a, b *module) int { return names.compare(a.name, b.name) })
	case Keras, PyTorch:
		all = shortcutsLast(all)
	}
	return all
}

// siblings holds the child names of each name, to sort modules as in PyTorch's models.
type siblings struct{ below map[string]map[string]bool }

func (s *siblings) add(name string) {
	parent := ""
	for part := range strings.SplitSeq(name, ".") {
		if s.below[parent] == nil {
			s.below[parent] = map[string]bool{}
		}
		s.below[parent][part] = true
		parent += "." + part
	}
}

// compare compares two names by the first part that differs.
func (s *siblings) compare(a, b string) int {
	parent := ""
	partsA, partsB := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(partsA), len(partsB)) {
		if x, y := partsA[i], partsB[i]; x != y {
			return s.place(parent, x).compare(s.place(parent, y))
		}
		parent += "." + partsA[i]
	}
	return cmp.Compare(len(partsA), len(partsB))
}

// A place is the sort key of a name among its siblings.
type place struct {
	part   int // section of the parent: start, middle, end
	number int
	word   int
	name   string
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.part, q.part), cmp.Compare(p.number, q.number), cmp.Compare(p.word, q.word), cmp.Compare(p.name, q.name))
}

var trailingNumber = regexp.MustCompile(`^(.*?)_?([0-9]+)[a-z]?$`)

// ends lists the names at the end of a model or of a block, in order.
var ends = []string{"downsample", "shortcut", "skip", "proj", "conv_head", "norm_head", "bn_head", "pre_head", "last_linear", "fc", "linear", "classifier", "head"}

// ordered is the order of names with the same number, or without one.
var ordered = []string{"stem", "conv_stem", "patch_embed", "conv", "conv_reduce", "conv_expand", "conv_dw", "conv_pw", "norm", "bn", "block", "se", "layer", "blocks", "stages", "denseblock", "transition"}

// place returns the sort key of name below parent.
func (s *siblings) place(parent, name string) place {
	beside := s.below[parent]
	inside := parent[strings.LastIndexByte(parent, '.')+1:]
	switch {
	// Blocks of timm: an inverted residual has an expansion, a depthwise convolution and a
	// projection; one without expansion starts with the depthwise convolution.
	case beside["conv_pwl"]:
		if n := map[string]int{"conv_pw": 1, "conv_dw": 2, "se": 2, "conv_pwl": 3}[name]; n > 0 {
			return place{1, n, wordOf(strings.TrimRight(name, "_pwdl")), name}
		}
	case beside["conv_dw"] && beside["conv_pw"]:
		if n := map[string]int{"conv_dw": 1, "se": 1, "conv_pw": 2}[name]; n > 0 {
			return place{1, n, wordOf(strings.TrimRight(name, "_pwd")), name}
		}
	case beside["conv_head"] && name == "bn2":
		return place{2, slices.Index(ends, "conv_head"), 1, name}
	case strings.HasPrefix(name, "aux"): // auxiliary heads of GoogLeNet, used in training only
		return place{2, -1, 0, name}
	case name == "blocks" || name == "stages": // after conv1 and bn1
		return place{1, 1, wordOf(name), name}
	case name == "downsample" && beside["blocks"]: // in ConvNeXt it is not parallel to the blocks
		return place{0, 0, 0, name}
	// DenseNet has a norm before its convolution.
	case strings.HasPrefix(name, "norm") && (strings.HasPrefix(inside, "denselayer") || strings.HasPrefix(inside, "transition")):
		number, _ := strconv.Atoi(name[len("norm"):])
		return place{1, number, -1, name}
	case name == "conv" && strings.HasPrefix(inside, "transition"):
		return place{1, 0, 0, name}
	}
	if at := slices.Index(ends, name); at >= 0 {
		return place{2, at, 0, name}
	}
	if n := trailingNumber.FindStringSubmatch(name); n != nil {
		number, _ := strconv.Atoi(n[2])
		return place{1, number, wordOf(n[1]), name}
	}
	return place{0, 0, wordOf(name), name}
}

func wordOf(name string) int {
	if at := slices.Index(ordered, name); at >= 0 {
		return at
	}
	return len(ordered)
}
