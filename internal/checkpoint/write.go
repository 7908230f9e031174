package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Write writes a safetensors file at path, atomically (see WriteFile). It returns an error,
// and leaves the file at path unchanged, if the tensors or the metadata are invalid (see
// Encode) or the file system fails.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	return WriteFile(path, func(w io.Writer) error {
		return Encode(w, tensors, metadata)
	})
}

// WriteKeeping is Write, but moves the old file, if there is one, to previous. After a
// crash at any moment at least one of the two is complete, with the last or the previous
// content.
func WriteKeeping(path, previous string, tensors []Tensor, metadata map[string]string) error {
	return writeKeeping(path, previous, func(w io.Writer) error {
		return Encode(w, tensors, metadata)
	})
}

// Encode writes tensors and metadata to w as a safetensors file with a digest. It reads the
// data twice; the data must not change meanwhile. It returns an error if a name occurs
// twice, is "__metadata__" or is not UTF-8, if the length of a tensor's data does not match
// its shape, or if a metadata key is one of ours.
func Encode(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	head, digest, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(head)
	if err := encodeData(sum, tensors); err != nil {
		return err
	}
	hex.Encode(digest, sum.Sum(nil))
	if _, err := w.Write(head); err != nil {
		return err
	}
	return encodeData(w, tensors)
}

// encodeHeader returns the file up to its data, with zeros for the digest, and the slice of
// it where the digest belongs.
func encodeHeader(tensors []Tensor, metadata map[string]string) (head, digest []byte, err error) {
	if err := checkMetadata(metadata); err != nil {
		return nil, nil, err
	}
	all := map[string]string{formatKey: formatValue, digestKey: zeroDigest}
	maps.Copy(all, metadata)

	var b bytes.Buffer
	b.Write(make([]byte, lengthSize))
	b.WriteString(`{"` + metadataKey + `":{`)
	var digestAt int
	for i, key := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(&b, key)
		b.WriteByte(':')
		writeString(&b, all[key])
		if key == digestKey {
			digestAt = b.Len() - len(`"`) - digestLen
		}
	}
	b.WriteByte('}')
	if err := writeEntries(&b, tensors); err != nil {
		return nil, nil, err
	}
	b.WriteByte('}')
	for b.Len()%alignment != 0 {
		b.WriteByte(' ')
	}
	head = b.Bytes()
	n := len(head) - lengthSize
	if n > maxHeader {
		return nil, nil, fmt.Errorf("names and metadata take %d bytes, safetensors allows %d; shorten the metadata", n, maxHeader)
	}
	binary.LittleEndian.PutUint64(head, uint64(n))
	return head, head[digestAt : digestAt+digestLen], nil
}

func checkMetadata(metadata map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key == formatKey || key == digestKey {
			return fmt.Errorf("metadata key %q is set by the program; choose another", key)
		}
		if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
			return fmt.Errorf("metadata %s is not valid UTF-8", quote(key))
		}
	}
	return nil
}

// writeEntries writes the description of each tensor.
func writeEntries(b *bytes.Buffer, tensors []Tensor) error {
	seen := make(map[string]bool, len(tensors))
	begin := 0
	for _, t := range tensors {
		if err := checkTensor(t); err != nil {
			return fmt.Errorf("tensor %s: %w", quote(t.Name), err)
		}
		if seen[t.Name] {
			return fmt.Errorf("tensor %s: there are two of this name", quote(t.Name))
		}
		seen[t.Name] = true
		b.WriteByte(',')
		writeString(b, t.Name)
		shape := strings.ReplaceAll(fmt.Sprint(t.Shape), " ", ",")
		end := begin + 4*len(t.Data)
		fmt.Fprintf(b, `:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, shape, begin, end)
		begin = end
	}
	return nil
}

func checkTensor(t Tensor) error {
	n, err := elements(t.Shape)
	switch {
	case err != nil:
		return err
	case n != len(t.Data):
		return fmt.Errorf("shape %v needs %d values, the data has %d", t.Shape, n, len(t.Data))
	case t.Name == metadataKey:
		return errors.New("the name is taken by the metadata; choose another")
	case !utf8.ValidString(t.Name):
		return errors.New("the name is not valid UTF-8")
	}
	return nil
}

// writeString writes s as JSON, without HTML escapes.
func writeString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can always be encoded
	}
	b.Truncate(b.Len() - len("\n"))
}

// encodeData writes the values of all tensors, little-endian, one after another.
func encodeData(w io.Writer, tensors []Tensor) error {
	chunk := make([]byte, chunkSize)
	for _, t := range tensors {
		for data := t.Data; len(data) > 0; {
			n := min(len(data), chunkSize/4)
			for i, v := range data[:n] {
				binary.LittleEndian.PutUint32(chunk[4*i:], math.Float32bits(v))
			}
			if _, err := w.Write(chunk[:4*n]); err != nil {
				return err
			}
			data = data[n:]
		}
	}
	return nil
}
