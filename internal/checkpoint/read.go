package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Read reads and verifies the safetensors file at path. Errors wrap those of the file
// system: errors.Is(err, fs.ErrNotExist) distinguishes a missing file from a damaged one.
func Read(path string) (*File, error) {
	f, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func readFile(path string) (*File, error) {
	// Checked before opening: opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a folder; name a .safetensors file in it")
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = in.Close() }() // only read: nothing to lose
	if info, err = in.Stat(); err != nil {
		return nil, withoutPath(err)
	}
	return Decode(in, info.Size())
}

// Decode reads and verifies a safetensors file of size bytes from r. Its memory is
// proportional to size, whatever the file contains. Numbers of type F16, BF16 and F64 are
// converted; other types are an error, as is anything that violates the format or the
// digest.
func Decode(r io.Reader, size int64) (*File, error) {
	head, err := readHead(r, size)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(head[lengthSize:], false)
	if err != nil {
		return nil, err
	}
	if err := checkLayout(h.entries, size-int64(len(head))); err != nil {
		return nil, err
	}
	want := string(h.digest)
	copy(h.digest, zeroDigest)
	sum := sha256.New()
	sum.Write(head)
	f := &File{Tensors: make([]Tensor, len(h.entries)), Metadata: h.metadata}
	chunk := make([]byte, min(size, chunkSize))
	for i, e := range h.entries {
		if f.Tensors[i], err = e.read(io.TeeReader(r, sum), chunk); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(e.name), err)
		}
	}
	if want != "" && want != hex.EncodeToString(sum.Sum(nil)) {
		return nil, errors.New("damaged: the content does not match its SHA-256 digest; use another copy of the file")
	}
	return f, nil
}

// A Stored tensor has its values in a file.
type Stored struct {
	Name  string
	Shape []int
	Type  DType
	Read  func() ([]float32, error) // nil where Type has no Convert
}

// Scan reads the header of a safetensors file of size bytes, of any program, and no
// values. The Metadata of one of ours, whose digest only Decode verifies, is not nil.
func Scan(r io.ReaderAt, size int64) (tensors []Stored, ours map[string]string, err error) {
	head, err := readHead(io.NewSectionReader(r, 0, size), size)
	if err != nil {
		return nil, nil, err
	}
	h, err := parseHeader(head[lengthSize:], true)
	if err != nil {
		return nil, nil, err
	}
	if err := checkLayout(h.entries, size-int64(len(head))); err != nil {
		return nil, nil, err
	}
	for _, e := range h.entries {
		t := Stored{Name: e.name, Shape: e.shape, Type: e.dtype}
		if e.dtype.Convert != nil {
			t.Read = func() ([]float32, error) {
				in := io.NewSectionReader(r, int64(len(head))+e.begin, e.end-e.begin)
				read, err := e.read(in, make([]byte, chunkSize))
				return read.Data, err
			}
		}
		tensors = append(tensors, t)
	}
	if h.digest != nil {
		ours = h.metadata
	}
	return tensors, ours, nil
}

// readHead reads the length of the header and the header.
func readHead(r io.Reader, size int64) ([]byte, error) {
	if size == 0 {
		return nil, errors.New("truncated: the file is empty")
	}
	if size < lengthSize {
		return nil, fmt.Errorf("truncated: the file has %d bytes, its header alone needs more", size)
	}
	var length [lengthSize]byte
	if err := readFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("not a safetensors file, or damaged: it asks for a header of %d bytes, the limit is %d", n, maxHeader)
	}
	if left := size - lengthSize; int64(n) > left {
		return nil, fmt.Errorf("truncated: the header should have %d bytes, the file has %d after its length", n, left)
	}
	head := make([]byte, lengthSize+int(n))
	copy(head, length[:])
	return head, readFull(r, head[lengthSize:])
}

// read reads the values of the tensor, which are next in r.
func (e *entry) read(r io.Reader, chunk []byte) (Tensor, error) {
	data := make([]float32, e.count)
	for to := data; len(to) > 0; {
		n := min(len(to), len(chunk)/e.dtype.Size)
		from := chunk[:n*e.dtype.Size]
		if err := readFull(r, from); err != nil {
			return Tensor{}, err
		}
		if err := e.dtype.Convert(to[:n], from); err != nil {
			return Tensor{}, err
		}
		to = to[n:]
	}
	return Tensor{Name: e.name, Shape: e.shape, Data: data}, nil
}

// readFull fills p. EOF is an error here, because it contradicts the file's size.
func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated: the file became shorter while it was read")
	}
	return err
}
