package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// Read reads the structure of a file of size bytes: groups, text attributes, and the
// locations of datasets, whose values are read from r on request. It returns an error for
// invalid files, and its memory is proportional to size.
func Read(r io.ReaderAt, size int64) (root *Group, err error) {
	f := &reader{file: r, size: uint64(size), budget: 1<<20 + 4*size, seen: map[uint64]bool{}, heaps: map[uint64]map[uint32][]byte{}}
	defer func() {
		if fault, ok := recover().(fault); ok {
			root, err = nil, fault.error
		}
	}()
	return f.group(f.superblock(), 0), nil
}

// IsHDF5 reports whether head is the start of an HDF5 file.
func IsHDF5(head []byte) bool { return bytes.HasPrefix(head, []byte(signature)) }

// A fault ends reading. Reads are many and small, so they panic with a fault, which Read
// returns as its error.
type fault struct{ error }

func fail(format string, args ...any) { panic(fault{fmt.Errorf(format, args...)}) }

// A reader reads the structure of one file.
type reader struct {
	file   io.ReaderAt
	size   uint64
	budget int64                        // remaining limit of metadata bytes
	values uint64                       // bytes of the datasets so far
	seen   map[uint64]bool              // object headers
	heaps  map[uint64]map[uint32][]byte // the texts of global heaps, by address and index
}

// bytes returns n bytes of the file at an address.
func (f *reader) bytes(at, n uint64) []byte {
	if at > f.size || n > f.size-at {
		fail("truncated or damaged: bytes %d to %d are asked for, the file has %d", at, at+n, f.size)
	}
	if f.budget -= int64(n) + 16; f.budget < 0 {
		fail("damaged: its parts refer to each other without end")
	}
	b := make([]byte, n)
	if _, err := f.file.ReadAt(b, int64(at)); err != nil {
		fail("cannot read: %w", err)
	}
	return b
}

// structure returns n bytes that must start with a signature.
func (f *reader) structure(at, n uint64, mark string) []byte {
	b := f.bytes(at, n)
	if !bytes.HasPrefix(b, []byte(mark)) {
		fail("damaged: no %s at byte %d", mark, at)
	}
	return b
}

// superblock returns the address of the root's object header.
func (f *reader) superblock() uint64 {
	if f.size < superblockSize || !IsHDF5(f.bytes(0, 8)) {
		fail("not an HDF5 file, or truncated")
	}
	b := f.bytes(0, superblockSize)
	if b[8] != 0 {
		fail("an HDF5 file of a layout that is not read here (superblock version %d); save the model with Keras itself, without libver", b[8])
	}
	if b[13] != 8 || b[14] != 8 {
		fail("an HDF5 file with addresses of %d bytes, which is not read here", b[13])
	}
	return u64(b[64:])
}

// maxDepth limits the depth of nested groups.
const maxDepth = 32

// group reads the group whose object header is at an address.
func (f *reader) group(at uint64, depth int) *Group {
	if depth > maxDepth {
		fail("damaged: over %d groups lie in each other", maxDepth)
	}
	g := NewGroup()
	messages := f.header(at)
	for _, m := range messages {
		switch m.kind {
		case msgAttribute:
			f.attribute(g, m.body)
		case msgLink:
			fail("a group of a layout that is not read here; save the model with Keras itself, without libver")
		}
	}
	table := slices.IndexFunc(messages, func(m message) bool { return m.kind == msgSymbolTable })
	if table < 0 || len(messages[table].body) < 16 {
		fail("damaged: an object at byte %d is no group", at)
	}
	body := messages[table].body
	head := f.structure(u64(body[8:]), localHeapHead, "HEAP")
	names := f.bytes(u64(head[24:]), u64(head[8:]))
	root := f.structure(u64(body), treeHead, "TREE")
	f.tree(u64(body), root[5], func(offset, header uint64) {
		f.member(g, textAt(names, offset), header, depth)
	})
	return g
}

// member reads one member of a group.
func (f *reader) member(g *Group, name string, header uint64, depth int) {
	if f.seen[header] || g.Groups[name] != nil || g.Datasets[name] != nil {
		fail("damaged: %q occurs twice", name)
	}
	f.seen[header] = true
	defer inside(name)
	messages := f.header(header)
	isGroup := slices.ContainsFunc(messages, func(m message) bool { return m.kind == msgSymbolTable || m.kind == msgLink })
	if isGroup {
		g.Groups[name] = f.group(header, depth+1)
	} else {
		g.Datasets[name] = f.dataset(messages)
	}
}

// inside adds a name to a fault on its way up.
func inside(name string) {
	switch v := recover().(type) {
	case nil:
	case fault:
		panic(fault{fmt.Errorf("%s: %w", name, v.error)})
	default:
		panic(v)
	}
}

// tree calls each with the members in the B-tree of a group at an address. Level 0 nodes
// point to symbol nodes.
func (f *reader) tree(at uint64, level byte, each func(name, header uint64)) {
	b := f.structure(at, treeHead, "TREE")
	if b[5] != level {
		fail("damaged: a tree node of level %d for %d at byte %d", b[5], level, at)
	}
	used := uint64(u16(b[6:]))
	children := f.bytes(at+treeHead, used*16+8)
	for i := range used {
		child := u64(children[8+16*i:]) // between the keys, of 8 bytes each
		if level > 0 {
			f.tree(child, level-1, each)
			continue
		}
		head := f.structure(child, symbolHead, "SNOD")
		symbols := f.bytes(child+symbolHead, uint64(u16(head[6:]))*entrySize)
		for ; len(symbols) > 0; symbols = symbols[entrySize:] {
			each(u64(symbols), u64(symbols[8:]))
		}
	}
}

// header reads the messages of an object, including continuations.
func (f *reader) header(at uint64) (messages []message) {
	b := f.bytes(at, 16)
	if b[0] != 1 {
		fail("damaged, or an object of a layout that is not read here (header at byte %d)", at)
	}
	blocks := [][]byte{f.bytes(at+16, uint64(u32(b[8:])))}
	for len(blocks) > 0 {
		b, blocks = blocks[0], blocks[1:]
		for len(b) >= 8 {
			size, flags := int(u16(b[2:])), b[4]
			if size > len(b)-8 {
				fail("damaged: a message of %d bytes in a header of %d (byte %d)", size, len(b), at)
			}
			m := message{int(u16(b)), b[8 : 8+size]}
			b = b[8+size:]
			const shared = 2
			switch {
			case m.kind == msgContinue && size >= 16:
				blocks = append(blocks, f.bytes(u64(m.body), u64(m.body[8:])))
			case flags&shared == 0:
				messages = append(messages, m)
			}
		}
	}
	return messages
}

// dataset reads a dataset with these messages, without its values.
func (f *reader) dataset(messages []message) *Dataset {
	d := &Dataset{file: f.file, strange: "it says nothing of where its values are"}
	float := false
	for _, m := range messages {
		switch m.kind {
		case msgDataspace:
			d.Shape = shape(m.body)
		case msgDatatype:
			need(m.body, 8)
			float, d.elemSize = isFloat(m.body), int(u32(m.body[4:]))
		}
	}
	if !float {
		d.strange = "its values are no floats of 16, 32 or 64 bits"
		return d
	}
	n := uint64(d.elemSize)
	for _, size := range d.Shape {
		if size > 0 && n > f.size/uint64(size) {
			fail("damaged: %v values in a file of %d bytes", d.Shape, f.size)
		}
		n *= uint64(size)
	}
	for _, m := range messages {
		if m.kind == msgLayout {
			f.place(d, m.body, n)
		}
	}
	return d
}

// place returns the location of n bytes of values.
func (f *reader) place(d *Dataset, layout []byte, n uint64) {
	const version, contiguous = 3, 1
	need(layout, 2)
	switch {
	case n == 0:
		d.strange = ""
	case layout[0] != version || layout[1] != contiguous:
		d.strange = "its values are stored in chunks, perhaps compressed, which is not read here; save the model with Keras itself"
	default:
		need(layout, 10)
		at := u64(layout[2:])
		if at > f.size || n > f.size-at {
			fail("truncated or damaged: %d bytes of values are asked for at byte %d, the file has %d", n, at, f.size)
		}
		if f.values += n; f.values > f.size {
			fail("damaged: there are more values than the file has room for")
		}
		d.at, d.strange = int64(at), ""
	}
}

// attribute adds an attribute to g if it is text.
func (f *reader) attribute(g *Group, b []byte) {
	need(b, 8)
	version := b[0]
	sizes := [3]int{int(u16(b[2:])), int(u16(b[4:])), int(u16(b[6:]))} // sizes of name, type, shape
	b = b[8:]
	if version == 3 {
		need(b, 1)
		b = b[1:] // the character set of the name
	}
	var parts [3][]byte
	for i, size := range sizes {
		stored := size
		if version == 1 {
			stored = (size + 7) &^ 7
		}
		need(b, stored)
		parts[i], b = b[:size], b[stored:]
	}
	name, space := textAt(parts[0], 0), shape(parts[2])
	defer inside("attribute " + name)
	n := 1
	for _, size := range space {
		if size > math.MaxUint16 || n*size > math.MaxUint16 {
			return // larger than an attribute can be
		}
		n *= size
	}
	texts, ok := f.texts(parts[1], b, n)
	switch {
	case n == 0:
		g.Attributes[name] = []string{} // of another type
	case ok && len(space) == 0:
		g.Attributes[name] = texts[0]
	case ok:
		g.Attributes[name] = texts
	}
}

// texts reads n texts of a type; ok reports whether the type is a text type.
func (f *reader) texts(datatype, b []byte, n int) (texts []string, ok bool) {
	need(datatype, 8)
	size := int(u32(datatype[4:]))
	const asText = 1
	switch class := datatype[0] & 0x0f; {
	case class == classString && size <= math.MaxUint16:
		need(b, n*size)
		for ; len(texts) < n; b = b[size:] {
			texts = append(texts, string(bytes.TrimRight(b[:size], "\x00 ")))
		}
	case class == classVlen && datatype[1]&0x0f == asText && size == vlenSize:
		need(b, n*vlenSize)
		for ; len(texts) < n; b = b[vlenSize:] {
			texts = append(texts, f.heapText(uint64(u32(b)), u64(b[4:]), u32(b[12:])))
		}
	default:
		return nil, false
	}
	return texts, true
}

// heapText returns a text of the global heap at an address.
func (f *reader) heapText(length, at uint64, number uint32) string {
	if length == 0 {
		return ""
	}
	if f.heaps[at] == nil {
		f.heaps[at] = f.heap(at)
	}
	text := f.heaps[at][number]
	if length > uint64(len(text)) {
		fail("damaged: text %d is not in the heap at byte %d", number, at)
	}
	if f.budget -= int64(length); f.budget < 0 {
		fail("damaged: its parts refer to each other without end")
	}
	return string(bytes.TrimRight(text[:length], "\x00"))
}

// heap reads the global heap at an address.
func (f *reader) heap(at uint64) map[uint32][]byte {
	size := u64(f.structure(at, globalHeapHead, "GCOL")[8:])
	if size < globalHeapHead {
		fail("damaged: a heap of %d bytes at byte %d", size, at)
	}
	b := f.bytes(at+globalHeapHead, size-globalHeapHead)
	texts := map[uint32][]byte{}
	for len(b) >= 16 {
		number, size := uint32(u16(b)), u64(b[8:])
		b = b[16:]
		if number == 0 || size > uint64(len(b)) { // 0: the rest is free
			break
		}
		texts[number] = b[:size]
		b = b[min(uint64(len(b)), (size+7)&^7):]
	}
	return texts
}

// shape reads a dataspace. A scalar has an empty shape.
func shape(b []byte) (dims []int) {
	need(b, 4)
	rank, head := int(b[1]), 8
	if b[0] == 2 {
		head = 4
	}
	need(b, head+8*rank)
	for i := range rank {
		d := u64(b[head+8*i:])
		if d > math.MaxInt32 {
			fail("damaged, or too large: a dimension of %d", d)
		}
		dims = append(dims, int(d))
	}
	return dims
}

// floats is the bits of exponents and fractions by the bytes of an IEEE 754 float.
var floats = map[uint32][2]byte{2: {5, 10}, 4: {8, 23}, 8: {11, 52}}

// isFloat reports whether a datatype is an IEEE 754 float of 16, 32 or 64 bits, little-endian. Two
// bytes may also be a bfloat16.
func isFloat(b []byte) bool {
	if b[0]&0x0f != classFloat || b[1]&1 != 0 {
		return false
	}
	need(b, 16)
	bits, known := floats[u32(b[4:])]
	return known && bits == [2]byte{b[13], b[15]}
}

// textAt returns the text at an offset, which ends in a zero.
func textAt(b []byte, offset uint64) string {
	if offset > uint64(len(b)) {
		fail("damaged: a name at byte %d of %d", offset, len(b))
	}
	text, _, _ := bytes.Cut(b[offset:], []byte{0})
	return string(text)
}

// need fails unless b has at least n bytes.
func need(b []byte, n int) {
	if len(b) < n {
		fail("damaged: %d bytes where %d should be", len(b), n)
	}
}

func u16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
