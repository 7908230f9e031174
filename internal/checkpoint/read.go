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
	h, err := parseHeader(head[lengthSize:])
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
		n := min(len(to), len(chunk)/e.dtype.size)
		from := chunk[:n*e.dtype.size]
		if err := readFull(r, from); err != nil {
			return Tensor{}, err
		}
		if err := e.dtype.convert(to[:n], from); err != nil {
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
