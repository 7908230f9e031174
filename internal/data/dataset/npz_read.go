package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"hash"
	"io"
	"strings"
)

// An npzReader reads the arrays of a file.
type npzReader struct {
	ctx     context.Context
	file    sized
	members []*zip.File
	sum     hash.Hash
	left    int64 // limit of the bytes still to be unpacked into memory
}

// Limits for unpacking into memory: total bytes, and the compression ratio above a size
// that is always accepted. Images never compress that much.
const (
	maxUnpacked  = 8 << 30
	maxShrunk    = 100
	unsuspicious = 64 << 20
)

// find returns the member of an array, or nil.
func (z *npzReader) find(name string) *zip.File {
	for _, f := range z.members {
		if f.Name == name+".npy" {
			return f
		}
	}
	return nil
}

// examples reads the images and labels of a split, nil if missing. shape is the required
// shape of images, if known.
func (z *npzReader) examples(p split, shape []int) (*arrayExamples, error) {
	xName, yName := "x_"+p.String(), "y_"+p.String()
	xFile, yFile := z.find(xName), z.find(yName)
	switch {
	case xFile == nil && yFile == nil && p != forTraining:
		return nil, nil
	case xFile == nil || yFile == nil:
		names := []string{"nothing"}
		for i, f := range z.members {
			names = append(names[:i], strings.TrimSuffix(f.Name, ".npy"))
		}
		return nil, fmt.Errorf("%s and %s are needed, and it has %s", xName, yName, list(names))
	}
	e := &arrayExamples{}
	var err error
	if e.x, err = z.array(xFile); err != nil {
		return nil, fmt.Errorf("%s: %w", xName, err)
	}
	if e.shape, err = e.x.images(shape); err != nil {
		return nil, fmt.Errorf("%s: %w", xName, err)
	}
	y, err := z.array(yFile)
	if err == nil {
		e.labels, err = y.labels(e.x.shape[0])
	}
	if err == nil {
		err = z.check(yName, y)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", yName, err)
	}
	if err := z.check(xName, e.x); err != nil {
		return nil, fmt.Errorf("%s: %w", xName, err)
	}
	return e, nil
}

// array opens an array: in the file itself if it is stored uncompressed, else in memory.
func (z *npzReader) array(f *zip.File) (*npy, error) {
	if f.Method == zip.Store && f.UncompressedSize64 == f.CompressedSize64 {
		at, err := f.DataOffset()
		if err == nil {
			err = z.copy(io.Discard, f) // verifies the checksum
		}
		if err != nil {
			return nil, err
		}
		return readNPY(io.NewSectionReader(z.file, at, int64(f.UncompressedSize64)))
	}
	size := f.UncompressedSize64
	switch {
	case size > unsuspicious && size/maxShrunk > f.CompressedSize64:
		return nil, fmt.Errorf("unpacks to %d times its size, as no images do; save it with np.savez, which does not pack", size/f.CompressedSize64)
	case size > uint64(z.left):
		return nil, fmt.Errorf("takes more than %d GiB of memory to unpack; save it with np.savez, which does not pack", maxUnpacked>>30)
	}
	z.left -= int64(size)
	var b bytes.Buffer // grows with the actual, not the declared size
	if err := z.copy(&b, f); err != nil {
		return nil, err
	}
	return readNPY(bytes.NewReader(b.Bytes()))
}

// copy unpacks a member, limited to its declared size.
func (z *npzReader) copy(to io.Writer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(to, contextReader{z.ctx, io.LimitReader(r, int64(f.UncompressedSize64)+1)})
	return err
}

// check verifies that all values of an array are valid pixels or labels, and adds it to the
// digest.
func (z *npzReader) check(name string, a *npy) error {
	fmt.Fprintf(z.sum, "%s %s %v\n", name, a.kind, a.shape)
	b := make([]byte, 1<<16/a.kind.width*a.kind.width)
	most := 0.0
	for at := int64(0); at < a.bytes(); {
		if err := z.ctx.Err(); err != nil {
			return err
		}
		n := min(int64(len(b)), a.bytes()-at)
		if _, err := a.values.ReadAt(b[:n], a.at+at); err != nil {
			return fmt.Errorf("ends before its %d values do: %w", a.count(), err)
		}
		z.sum.Write(b[:n])
		for i := int64(0); i < n; i += int64(a.kind.width) {
			v := a.kind.value(b[i:])
			if !(v >= 0 && v <= 255) && strings.HasPrefix(name, "x") {
				return fmt.Errorf("has the value %v; pixels go from 0 to 255", v)
			}
			most = max(most, v)
		}
		at += n
	}
	if strings.HasPrefix(name, "x") && a.kind.letter == 'f' && most <= 1 {
		return fmt.Errorf("its values go up to %v, and pixels here go up to 255; save it before it is divided", most)
	}
	return nil
}
