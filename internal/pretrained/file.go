package pretrained

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
)

// A Format is a file format of weights.
type Format string

// The supported formats.
const (
	Ours        Format = "cnntrain"
	Keras       Format = "Keras"
	PyTorch     Format = "PyTorch"
	Safetensors Format = "safetensors" // of PyTorch
)

// channelsFirst reports whether tensors are laid out as PyTorch has them: kernels
// [out in h w], dense layers [out in].
func (f Format) channelsFirst() bool { return f == PyTorch || f == Safetensors }

// A File lists the weights in a file.
type File struct {
	Path    string
	Format  Format
	Tensors []checkpoint.Stored // in the order of the file
}

// Open calls use with the weights in the file at path, whose values can be read until use
// returns. Errors name the file.
func Open(path string, use func(*File) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return unknown(path)
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	f := &File{Path: path}
	if interop.IsKeras(path) {
		f.Format = Keras
		return interop.ScanKeras(path, func(tensors []checkpoint.Stored) error {
			f.Tensors = tensors
			return use(f)
		})
	}
	if err := f.scan(in, info.Size()); err != nil {
		if errors.Is(err, errUnknown) {
			return unknown(path)
		}
		return f.named(err)
	}
	return use(f)
}

// named adds the file to an error.
func (f *File) named(err error) error { return fmt.Errorf("%s: %w", f.Path, err) }

var errUnknown = errors.New("unknown")

// unknown says what else the file is.
func unknown(path string) error {
	if kind := interop.Kind(path); kind != "" {
		return fmt.Errorf("%s %s", path, kind)
	}
	return fmt.Errorf("%s is no file of weights of cnntrain, Keras or PyTorch", path)
}

// scan lists the weights of a file of size bytes that is not in a format of Keras.
func (f *File) scan(in *os.File, size int64) (err error) {
	head := make([]byte, min(8+1, size))
	if _, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		z, err := zip.NewReader(in, size)
		if err != nil {
			return errUnknown
		}
		torch, script := isTorchZip(z)
		switch {
		case script:
			return errors.New("is a model of torch.jit or torch.export, which holds a program; in PyTorch, save the weights alone: torch.save(model.state_dict(), FILE)")
		case !torch:
			return errUnknown
		}
		f.Format = PyTorch
		f.Tensors, err = readTorchZip(z)
		return err
	case bytes.HasPrefix(head, []byte("\x80\x02\x8a\x0al\xfc\x9cF")):
		f.Format = PyTorch
		f.Tensors, err = readTorchLegacy(in, size)
		return err
	case len(head) > 8 && head[8] == '{':
		var ours map[string]string
		f.Format = Safetensors
		if f.Tensors, ours, err = checkpoint.Scan(in, size); err != nil || ours == nil {
			return err
		}
		f.Format = Ours
		return f.verify()
	}
	return errUnknown
}

// verify reads a checkpoint of ours whole, which checks its digest.
func (f *File) verify() error {
	read, err := checkpoint.Read(f.Path)
	if err != nil {
		return errors.Unwrap(err) // without the path
	}
	f.Tensors = nil
	for _, t := range read.Tensors {
		f.Tensors = append(f.Tensors, checkpoint.Stored{
			Name: t.Name, Shape: t.Shape, Type: checkpoint.DTypes["F32"],
			Read: func() ([]float32, error) { return t.Data, nil },
		})
	}
	return nil
}
