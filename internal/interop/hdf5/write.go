package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// Write writes a file with the members of root. The same tree gives the same bytes. It
// returns an error if a name or an attribute cannot be stored.
func Write(w io.Writer, root *Group) error {
	out := &writer{leafK: 4, internalK: 16, dataAt: superblockSize, metaAt: superblockSize}
	var texts []string
	out.measure(root, &texts)
	out.globalHeap(texts)
	tree, heap, header, err := out.group(root)
	if err != nil {
		return err
	}
	if _, err := w.Write(out.superblock(tree, heap, header)); err != nil {
		return err
	}
	for _, d := range out.data {
		if err := d.write(w); err != nil {
			return err
		}
	}
	_, err = w.Write(out.meta.Bytes())
	return err
}

// A writer lays the file out as superblock, data, metadata, so that every address is known
// before it is used.
type writer struct {
	leafK, internalK int // half the capacity of a symbol node and of a tree node
	data             []*Dataset
	dataAt           uint64 // offset of the next data
	metaAt           uint64 // offset of meta
	meta             bytes.Buffer
	texts            [][]byte // references to texts in the global heap, in the order of use
}

// measure computes the end of the data, all texts in the order in which group needs them,
// and a size of tree nodes for which one node per group is sufficient.
func (w *writer) measure(g *Group, texts *[]string) {
	symbols := ceil(len(g.Groups)+len(g.Datasets), 2*w.leafK)
	w.internalK = max(w.internalK, ceil(symbols, 2))
	for _, d := range g.Datasets {
		w.metaAt += d.padded()
	}
	for _, name := range slices.Sorted(maps.Keys(g.Groups)) {
		w.measure(g.Groups[name], texts)
	}
	for _, name := range slices.Sorted(maps.Keys(g.Attributes)) {
		switch v := g.Attributes[name].(type) {
		case string:
			*texts = append(*texts, v)
		case []string:
			*texts = append(*texts, v...)
		}
	}
}

// put appends b to meta, aligned to 8 bytes, and returns its address.
func (w *writer) put(b []byte) uint64 {
	at := w.metaAt + uint64(w.meta.Len())
	w.meta.Write(padded(b))
	return at
}

// superblock returns the superblock, which ends with the root's symbol table entry.
func (w *writer) superblock(tree, heap, header uint64) []byte {
	b := []byte(signature)
	b = append(b, 0, 0, 0, 0, 0, 8, 8, 0) // versions; bytes of an address and of a length
	b = append16(b, w.leafK, w.internalK, 0, 0)
	b = append64(b, 0, undefined, w.metaAt+uint64(w.meta.Len()), undefined)
	b = append64(b, 0, header, 1) // 1: the entry caches the header's addresses
	return append64(b, tree, heap)
}

// globalHeap writes the texts and records their references. An index has 16 bits, so there
// may be several heaps.
func (w *writer) globalHeap(texts []string) {
	const most, least = 60_000, 4096 // texts, bytes
	for some := range slices.Chunk(texts, most) {
		at := w.metaAt + uint64(w.meta.Len())
		b := append([]byte("GCOL\x01\x00\x00\x00"), make([]byte, 8)...)
		for i, text := range some {
			place := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
			place = binary.LittleEndian.AppendUint32(append64(place, at), uint32(i+1))
			w.texts = append(w.texts, place)
			b = append16(b, i+1, 1, 0, 0)
			b = append(append64(b, uint64(len(text))), padded([]byte(text))...)
		}
		free := max(globalHeapHead, least-len(b)) // object 0 is the free space
		b = append64(b, 0, uint64(free))
		b = append(b, make([]byte, free-globalHeapHead)...)
		binary.LittleEndian.PutUint64(b[8:], uint64(len(b)))
		w.put(b)
	}
}

// group writes g and everything below it.
func (w *writer) group(g *Group) (tree, heap, header uint64, err error) {
	headers := map[string]uint64{}
	for _, name := range slices.Sorted(maps.Keys(g.Groups)) {
		if _, _, headers[name], err = w.group(g.Groups[name]); err != nil {
			return 0, 0, 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Datasets)) {
		if g.Groups[name] != nil {
			return 0, 0, 0, fmt.Errorf("a group and a dataset are both called %q", name)
		}
		headers[name] = w.dataset(g.Datasets[name])
	}
	for name := range headers {
		if name == "" || name == "." || strings.ContainsAny(name, "/\x00") {
			return 0, 0, 0, fmt.Errorf("%q cannot be the name of a group or dataset", name)
		}
	}
	tree, heap = w.members(headers)
	messages := []message{{msgSymbolTable, append64(nil, tree, heap)}}
	for _, name := range slices.Sorted(maps.Keys(g.Attributes)) {
		m, err := w.attribute(name, g.Attributes[name])
		if err != nil {
			return 0, 0, 0, fmt.Errorf("attribute %q: %w", name, err)
		}
		messages = append(messages, m)
	}
	return tree, heap, w.header(messages), nil
}

// members writes the names and headers of a group's members as heap and B-tree.
func (w *writer) members(headers map[string]uint64) (tree, heap uint64) {
	names := slices.Sorted(maps.Keys(headers))
	text := make([]byte, 8) // the empty name, the lower bound of all members
	var offsets []uint64
	for _, name := range names {
		offsets = append(offsets, uint64(len(text)))
		text = append(text, padded([]byte(name+"\x00"))...)
	}
	data := w.put(text)
	heap = w.put(append64([]byte("HEAP\x00\x00\x00\x00"), uint64(len(text)), 1, data)) // 1: no free space

	node := append64([]byte("TREE\x00\x00\x00\x00"), undefined, undefined, 0)
	used := 0
	for from := 0; from < len(names); from += 2 * w.leafK {
		to := min(from+2*w.leafK, len(names))
		symbols := append16([]byte("SNOD\x01\x00"), to-from)
		for i := from; i < to; i++ {
			symbols = append64(symbols, offsets[i], headers[names[i]], 0, 0, 0)
		}
		symbols = append(symbols, make([]byte, symbolHead+2*w.leafK*entrySize-len(symbols))...)
		node = append64(node, w.put(symbols), offsets[to-1]) // the last key is the last name
		used++
	}
	binary.LittleEndian.PutUint16(node[6:], uint16(used))
	size := treeHead + (2*w.internalK+2*w.internalK+1)*8
	return w.put(append(node, make([]byte, size-len(node))...)), heap
}

// dataset writes the header of d, and records its data.
func (w *writer) dataset(d *Dataset) (header uint64) {
	at := w.dataAt
	w.data = append(w.data, d)
	w.dataAt += d.padded()
	datatype := float32Type
	if d.count != nil {
		datatype = int64Type
	}
	layout := []byte{3, 1} // version, contiguous
	return w.header([]message{
		{msgDataspace, dataspace(d.Shape...)},
		{msgDatatype, datatype},
		{msgLayout, append64(layout, at, d.bytes())},
	})
}

// A message is a header message of an object.
type message struct {
	kind int
	body []byte
}

func (w *writer) header(messages []message) uint64 {
	var body []byte
	for _, m := range messages {
		b := padded(m.body)
		body = append16(body, m.kind, len(b), 0, 0)
		body = append(body, b...)
	}
	b := append16(nil, 1, len(messages)) // version
	b = append16(b, 1, 0, len(body)&0xffff, len(body)>>16, 0, 0)
	return w.put(append(b, body...))
}

// attribute is text or a list of texts.
func (w *writer) attribute(name string, value any) (message, error) {
	var shape []int
	n := 1
	switch v := value.(type) {
	case string:
	case []string:
		n = len(v)
		shape = []int{n}
	default:
		return message{}, fmt.Errorf("a %T cannot be stored", value)
	}
	label, space := []byte(name+"\x00"), dataspace(shape...)
	b := append16(nil, 1, len(label), len(textType), len(space)) // version
	b = append(b, padded(label)...)
	b = append(b, padded(textType)...)
	b = append(b, padded(space)...)
	if len(b)+n*vlenSize > math.MaxUint16-7 {
		return message{}, fmt.Errorf("a list of %d texts is too long to be stored", n)
	}
	for range n {
		b = append(b, w.texts[0]...)
		w.texts = w.texts[1:]
	}
	return message{msgAttribute, b}, nil
}

// dataspace is a shape; that of a scalar is empty.
func dataspace(shape ...int) []byte {
	b := []byte{1, byte(len(shape)), 0, 0, 0, 0, 0, 0} // version, rank
	for _, d := range shape {
		b = append64(b, uint64(d))
	}
	return b
}

var (
	// float32Type is IEEE 754 binary32, little-endian.
	float32Type = []byte{1<<4 | classFloat, 0x20, 31, 0, 4, 0, 0, 0,
		0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0} // offset, bits; exponent, fraction, bias
	// int64Type is a signed integer, little-endian.
	int64Type = []byte{1 << 4, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0} // offset, bits
	// textType is UTF-8 of variable length.
	textType = []byte{1<<4 | classVlen, 1, 1, 0, vlenSize, 0, 0, 0,
		1 << 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0} // integers of one byte
)

// write writes the values little-endian, padded to a multiple of 8 bytes.
func (d *Dataset) write(w io.Writer) error {
	if d.count != nil {
		return binary.Write(w, binary.LittleEndian, *d.count)
	}
	data := d.data
	chunk := make([]byte, 64<<10)
	for rest := data; len(rest) > 0; {
		n := min(len(rest), len(chunk)/4)
		for i, v := range rest[:n] {
			binary.LittleEndian.PutUint32(chunk[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(chunk[:4*n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	_, err := w.Write(make([]byte, -4*len(data)&7))
	return err
}

// bytes is the size of the values, padded that of their space in the file.
func (d *Dataset) bytes() uint64 {
	if d.count != nil {
		return 8
	}
	return uint64(4 * len(d.data))
}

func (d *Dataset) padded() uint64 { return (d.bytes() + 7) &^ 7 }

// padded returns b padded with zeros to a multiple of 8 bytes.
func padded(b []byte) []byte { return append(b[:len(b):len(b)], make([]byte, -len(b)&7)...) }

func ceil(a, b int) int { return (a + b - 1) / b }

func append16(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func append64(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}
