// Package hdf5 reads and writes the subset of HDF5 that Keras uses for models: groups,
// their text attributes, and contiguous tensors of floats.
//
// The format is the oldest of the HDF5 File Format Specification Version 3.0
// (https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html), superblock version
// 0, which h5py writes by default. A file consists of:
//
//	superblock        the root group, the sizes of tree nodes
//	object header     of each group and dataset: messages, among them attributes
//	B-tree, heap      of each group: symbol nodes list its members in the order of
//	                  their names, which are in the group's local heap
//	global heap       the texts of attributes
//	data              of each dataset
//
// Chunked and compressed data, links and newer layouts are rejected by name. Reading does
// not trust the file: every access is checked against the size of the file, and the amount
// of metadata read is limited by that size.
package hdf5

// The numbers of the format.
const (
	signature = "\x89HDF\r\n\x1a\n"
	undefined = ^uint64(0) // an address of nothing

	msgDataspace   = 0x01
	msgDatatype    = 0x03
	msgLink        = 0x06
	msgLayout      = 0x08
	msgAttribute   = 0x0c
	msgContinue    = 0x10
	msgSymbolTable = 0x11

	classFloat  = 1
	classString = 3
	classVlen   = 9

	superblockSize = 96
	entrySize      = 40 // of a symbol table entry
	vlenSize       = 16 // of the place of a text in the global heap
	treeHead       = 24 // of a B-tree node, before its keys
	symbolHead     = 8
	localHeapHead  = 32
	globalHeapHead = 16
)

// A Group is a folder of a file.
type Group struct {
	Attributes map[string]any // string or []string; others are left out
	Groups     map[string]*Group
	Datasets   map[string]*Dataset
}

// NewGroup returns an empty group.
func NewGroup() *Group {
	return &Group{map[string]any{}, map[string]*Group{}, map[string]*Dataset{}}
}

// Make returns the group called name, made if it is not there.
func (g *Group) Make(name string) *Group {
	if g.Groups[name] == nil {
		g.Groups[name] = NewGroup()
	}
	return g.Groups[name]
}

// Text returns the attribute called name, empty if there is no such text.
func (g *Group) Text(name string) string {
	text, _ := g.Attributes[name].(string)
	return text
}
