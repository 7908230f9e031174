package spec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Spec is one parsed document, whose items are not decoded yet.
type Spec struct {
	File        string
	Name        string // names the run folder; by default derived from the file name
	Description string
	Input       []int // of one image: height, width, channels
	InputPos    Pos
	Layers      []*Item        // after expansion of blocks and repeats; the layers of paths stand before their merge
	Top         []*Item        // those outside of all paths
	Data, Train *Section       // the data and train sections
	Weights     *Section       // the weights section; without options or overrides, if there is none
	Blocks      map[string]Pos // position of each block's definition
}

// An Item is a named entry of a spec with its undecoded options: "flatten", "dropout: 0.3"
// or "conv2d: {filters: 6}".
type Item struct {
	Name      string
	Label     string // of a layer: its name option, else its Name numbered as Keras does
	Pos       Pos
	Options   *yaml.Node // nil, a scalar, a sequence or a mapping
	Overrides []Override // from the command line, in order; the last one wins
	Resolved  *yaml.Node // every option at its final value, once decoded

	Inputs []int  // of a layer: the indices in Spec.Layers of those that it reads, Images for the images
	Paths  []Path // of a merging layer
	// Lost says that it reads a layer that is not there, for which there is a problem. The images
	// stand in Inputs for that layer.
	Lost bool

	names *names // the scope of its name option
}

// At returns the position of a node below the item.
func (it *Item) At(n *yaml.Node) Pos {
	if n.Line == 0 {
		return it.Pos
	}
	return Pos{it.Pos.File, n.Line, n.Column}
}

// Thing returns the name of the entry that a decoded option holds: adam for optimizer:
// {adam: {learning_rate: 0.01}}.
func (it *Item) Thing(option string) string { return nameIn(find(it.Resolved, option)) }

// Stated is Thing of an option as the document has it, whether it can be decoded or not.
func (it *Item) Stated(option string) string { return nameIn(find(it.Options, option)) }

// Where returns the position of an option's value in the document and the value itself. An item
// with only a value is taken to give that option. The position is zero if it is not given.
func (it *Item) Where(option string) (Pos, string) {
	n := find(it.Options, option)
	if it.Options != nil && it.Options.Kind == yaml.ScalarNode {
		n = it.Options
	}
	if n == nil {
		return Pos{}, ""
	}
	return it.At(n), n.Value
}

func nameIn(n *yaml.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		return n.Content[0].Value
	default:
		return n.Value
	}
}

// topLevel is the keys of a document.
var topLevel = []string{"name", "description", "input", "data", "blocks", "layers", "weights", "train"}

// Load reads the spec in file and applies the overrides. Errors are added to problems; the
// spec is nil if the file cannot be read or is not YAML.
func Load(file string, overrides []Override, problems *Problems) *Spec {
	src, ok := read(file, "spec", problems)
	if !ok {
		return nil
	}
	return Parse(file, src, overrides, problems)
}

// read returns the content of a file; kind describes it in messages.
func read(file, kind string, problems *Problems) ([]byte, bool) {
	src, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problems.Add(Pos{File: file}, "no such %s file", kind)
	case err != nil:
		problems.Add(Pos{File: file}, "cannot be read: %v", errors.Unwrap(err)) // without the path
	}
	return src, err == nil
}

// Parse is Load for a document in memory.
func Parse(file string, src []byte, overrides []Override, problems *Problems) *Spec {
	root := parse(file, src, problems)
	if root == nil {
		return nil
	}
	s := &Spec{File: file, Name: NameOf(file), InputPos: Pos{file, 1, 1}, Blocks: map[string]Pos{}}
	s.Data, s.Weights, s.Train = newSection("data", s.InputPos), newSection("weights", s.InputPos), newSection("train", s.InputPos)
	r := reader{Spec: s, problems: problems, overrides: overrides, flags: map[*yaml.Node]Pos{}, blocks: map[string]*block{}}
	if root.Kind != yaml.MappingNode {
		problems.Add(r.at(root), "a spec is a mapping with the keys %s", strings.Join(topLevel, ", "))
		return s
	}
	if HasKeys(root, "spec", "params") || HasKeys(root, "spec", "search") {
		problems.Add(r.at(root), "is the file of a sweep; cnntrain sweep trains it")
		return s
	}
	r.document(root)
	return s
}

// HasKeys reports whether a mapping has all of some keys.
func HasKeys(n *yaml.Node, keys ...string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if at := slices.Index(keys, n.Content[i].Value); at >= 0 {
			keys = slices.Delete(slices.Clone(keys), at, at+1)
		}
	}
	return len(keys) == 0
}

// A reader converts the YAML tree of one document to a Spec.
type reader struct {
	*Spec
	problems  *Problems
	overrides []Override
	flags     map[*yaml.Node]Pos // the flags that values come from
	blocks    map[string]*block
	entries   int        // entries of layer lists visited so far
	images    []Pos      // where a path starts with the images by name
	made      int        // layers made of them
	values    int        // values in their options, those of parameters wherever they stand
	depth     int        // paths around the list being expanded
	names     *names     // the scope of the list being expanded
	tooLong   bool       // that the limit has been reported
	trains    *yaml.Node // trainable of what is around the list being expanded; nil: not given
}

func (r *reader) at(n *yaml.Node) Pos {
	if flag, ok := r.flags[n]; ok {
		return flag
	}
	return Pos{r.File, n.Line, n.Column}
}

func (r *reader) document(root *yaml.Node) {
	values := map[string]*yaml.Node{}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !contains(topLevel, key.Value) {
			r.problems.Add(r.at(key), "unknown key %q%s", key.Value, r.problems.Hint(key.Value, topLevel))
			continue
		}
		if !isNull(value) {
			values[key.Value] = value
		}
	}
	rest := r.overrideScalars(values)
	r.name(values["name"], root)
	r.Description = r.text("description", values["description"])
	r.input(values["input"], root)
	r.section(r.Data, values["data"])
	r.section(r.Weights, inFull(values["weights"], "file"))
	r.section(r.Train, values["train"])
	r.readBlocks(values["blocks"])
	r.layers(values["layers"], root)
	r.attach(rest)
}

// NamePattern matches names that are valid folder names on every system.
const NamePattern = `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`

var runName = regexp.MustCompile(NamePattern)

// NamesFolder reports whether name is a valid folder name on every system.
func NamesFolder(name string) bool { return runName.MatchString(name) }

// notInName matches characters that a file name may contain but a run's name may not.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// NameOf derives a name from a file name: "my net.yaml" gives my-net. It returns "" if
// nothing of it is valid.
func NameOf(file string) string {
	base := filepath.Base(file)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	name = strings.Trim(notInName.ReplaceAllString(name, "-"), "-.")
	return name[:min(len(name), 100)]
}

func (r *reader) name(n, root *yaml.Node) {
	switch {
	case n == nil && r.Name == "":
		r.problems.Add(r.at(root), `missing "name": %q holds nothing to name the run folder; write name: NAME`, filepath.Base(r.File))
	case n == nil:
	case runName.MatchString(r.text("name", n)):
		r.Name = n.Value
	case n.Kind == yaml.ScalarNode:
		r.problems.Add(r.at(n), "name: must be letters, digits, '-', '_' and '.', since it names the run folder; got %q", n.Value)
	}
}

func (r *reader) text(key string, n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.problems.Add(r.at(n), "%s: must be text", key)
		return ""
	}
	return n.Value
}

// MaxSide limits the sides of an image, so that products of sizes do not overflow.
const MaxSide = 1 << 14

func (r *reader) input(n, root *yaml.Node) {
	if n == nil {
		r.problems.Add(r.at(root), `missing "input": the height, width and channels of an image, such as input: [32, 32, 3]`)
		return
	}
	r.InputPos = r.at(n)
	dims := n.Content
	if n.Kind != yaml.SequenceNode || len(dims) != 3 {
		r.problems.Add(r.at(n), "input: must be [height, width, channels], such as [32, 32, 3]")
		return
	}
	shape := make([]int, 3)
	for i, d := range dims {
		v, err := strconv.Atoi(d.Value)
		if d.Kind != yaml.ScalarNode || err != nil || v < 1 || v > MaxSide {
			r.problems.Add(r.at(d), "input: the %s must be a whole number from 1 to %d, got %q", [...]string{"height", "width", "number of channels"}[i], MaxSide, d.Value)
			return
		}
		shape[i] = v
	}
	r.Input = shape
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
