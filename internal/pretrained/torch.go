package pretrained

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"cnntrain/internal/checkpoint"
)

// PyTorch has two file formats for a state_dict, or a dictionary that contains one
// (torch/serialization.py):
//
//   - since 1.6 a zip archive: NAME/data.pkl, a pickle, and the bytes of each storage,
//     NAME/data/KEY
//   - before, the pickles of a magic number, of the version of the format, of a
//     description of the system, of the dictionary, and of a list of keys; then for
//     each key the number of its values and its bytes
const (
	torchPickle  = "data.pkl"
	torchMagic   = "6cfc9c46f9206aa85019" // its bytes, little-endian, as package pickle reads them
	torchVersion = 1001
)

// A storage is an array in the file. Tensors are views of it.
type storage struct {
	dtype checkpoint.DType
	key   string
	size  int64 // values

	open func() (io.ReadCloser, error) // its bytes
}

// A view is a tensor as the pickle describes it: values of a storage from offset on.
type view struct {
	storage       *storage
	offset        int64
	shape, stride []int
}

// storageTypes is the classes of storages.
var storageTypes = map[string]string{
	"FloatStorage": "F32", "DoubleStorage": "F64", "HalfStorage": "F16", "BFloat16Storage": "BF16",
	"LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL",
}

// isTorchZip reports whether an archive is one of PyTorch, and whether it is of torch.jit or
// torch.export and holds a program.
func isTorchZip(z *zip.Reader) (torch, script bool) {
	for _, f := range z.File {
		switch base := f.Name[strings.LastIndexByte(f.Name, '/')+1:]; base {
		case torchPickle:
			torch = true
		case "constants.pkl", "serialized_exported_program.json": // of torch.jit, of torch.export to 2.6
			script = true
		case "archive_format": // of torch.export
			torch, script = true, true
		}
	}
	return torch, script
}

// readTorchZip reads an archive of PyTorch 1.6 and later.
func readTorchZip(z *zip.Reader) ([]checkpoint.Stored, error) {
	members := map[string]*zip.File{}
	root := ""
	for _, f := range z.File {
		if members[f.Name] != nil {
			return nil, fmt.Errorf("damaged: %q occurs twice in the archive", f.Name)
		}
		members[f.Name] = f
		if name, ok := strings.CutSuffix(f.Name, "/"+torchPickle); ok {
			root = name
		}
	}
	if order := members[root+"/byteorder"]; order != nil {
		text, err := unpack(order, 16)
		if err != nil {
			return nil, err
		}
		if string(text) != "little" {
			return nil, fmt.Errorf("its numbers are %s-endian, which is not read; save it again on a machine with an x86 or ARM processor", text)
		}
	}
	if members[root+"/"+torchPickle] == nil {
		return nil, errors.New("damaged: the archive has no folder with data.pkl")
	}
	text, err := unpack(members[root+"/"+torchPickle], maxPickle)
	if err != nil {
		return nil, err
	}
	value, err := runPickle(&unpickler{text: text}, func(s *storage) error {
		member := members[root+"/data/"+s.key]
		if member == nil {
			return fmt.Errorf("damaged: the archive has no %s/data/%s", root, s.key)
		}
		if member.Flags&1 != 0 {
			return fmt.Errorf("%s is encrypted", member.Name)
		}
		if have := member.UncompressedSize64; have > math.MaxInt64 || int64(have)/int64(s.dtype.Size) < s.size {
			return fmt.Errorf("damaged: %s has %d bytes, which are not %d values", member.Name, have, s.size)
		}
		s.open = member.Open
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tensorsIn(value)
}

// unpack returns the content of an archive member of at most limit bytes.
func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: damaged archive: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: damaged archive: %w", f.Name, err)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%s unpacks to over %d bytes: damaged, or not a model", f.Name, limit)
	}
	return b, nil
}

// readTorchLegacy reads a file of PyTorch before 1.6.
func readTorchLegacy(f io.ReaderAt, size int64) ([]checkpoint.Stored, error) {
	head := make([]byte, min(size, maxPickle))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	u := &unpickler{text: head}
	magic, err := u.load()
	if err != nil || magic != torchMagic {
		return nil, errors.New("is a Python pickle, but not one of PyTorch")
	}
	if version, err := u.load(); err != nil || version != int64(torchVersion) {
		return nil, fmt.Errorf("a PyTorch file of version %v, not %d", version, torchVersion)
	}
	if _, err := u.load(); err != nil {
		return nil, err
	}
	storages := map[string]*storage{}
	value, err := runPickle(u, func(s *storage) error {
		storages[s.key] = s
		return nil
	})
	if err != nil {
		return nil, err
	}
	keys, err := u.load()
	list, ok := keys.(*list)
	if err != nil || !ok {
		return nil, errors.New("damaged: the list of its storages is missing")
	}
	at := int64(len(head) - len(u.text))
	for _, key := range list.items {
		name, _ := key.(string)
		s := storages[name]
		if s == nil {
			return nil, fmt.Errorf("damaged: nothing is known of its storage %q", name)
		}
		var count [8]byte
		if _, err := f.ReadAt(count[:], at); err != nil {
			return nil, errors.New("truncated: values are missing at its end")
		}
		n := int64(binary.LittleEndian.Uint64(count[:]))
		at += int64(len(count))
		if n < s.size || n > (size-at)/int64(s.dtype.Size) {
			return nil, fmt.Errorf("truncated or damaged: storage %s should have %d values, it says %d, and the file has %d bytes left", name, s.size, n, size-at)
		}
		from, length := at, n*int64(s.dtype.Size)
		s.open = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(f, from, length)), nil }
		at += length
	}
	for _, s := range storages {
		if s.open == nil {
			return nil, fmt.Errorf("truncated or damaged: storage %s is missing", s.key)
		}
	}
	return tensorsIn(value)
}

// runPickle executes the pickle of a dictionary. It calls place once for each storage.
func runPickle(u *unpickler, place func(*storage) error) (any, error) {
	storages := map[string]*storage{}
	u.persistent = func(id []any) (any, error) {
		if len(id) < 5 || id[0] != "storage" {
			return nil, errors.New("damaged: the pickle names a storage in a way that is not PyTorch's")
		}
		class, _ := id[1].(global)
		key, _ := id[2].(string)
		size, ok := id[4].(int64)
		if !ok || size < 0 || size > math.MaxInt64/8 {
			return nil, fmt.Errorf("damaged: storage %q has no size", key)
		}
		if len(id) > 5 && id[5] != nil {
			return nil, fmt.Errorf("storage %q is a view of another, which is not read; save the state_dict again", key)
		}
		if s := storages[key]; s != nil {
			return s, nil
		}
		s := &storage{dtype: checkpoint.DTypes[storageTypes[class.name]], key: key, size: size}
		if s.dtype.Size == 0 {
			return nil, fmt.Errorf("storage %q is of type %s, which is not read; convert the tensors with .float()", key, strings.TrimSuffix(class.name, "Storage"))
		}
		storages[key] = s
		return s, place(s)
	}
	first := func(args []any) (any, error) {
		if len(args) == 0 {
			return nil, errors.New("damaged: the pickle calls a function without arguments")
		}
		return args[0], nil
	}
	nothing := func([]any) (any, error) { return nil, nil }
	u.call = map[global]func([]any) (any, error){
		{"collections", "OrderedDict"}: newDict,
		{"collections", "defaultdict"}: newDict,

		{"torch._utils", "_rebuild_tensor"}:               newView,
		{"torch._utils", "_rebuild_tensor_v2"}:            newView,
		{"torch._utils", "_rebuild_tensor_v3"}:            newView,
		{"torch._utils", "_rebuild_parameter"}:            first,
		{"torch._utils", "_rebuild_parameter_with_state"}: first,

		{"torch", "Size"}:                      nothing,
		{"torch", "device"}:                    nothing,
		{"torch.serialization", "_get_layout"}: nothing,
		{"_codecs", "encode"}:                  nothing, // of NumPy's scalars
		{"numpy.core.multiarray", "scalar"}:    nothing,
		{"numpy._core.multiarray", "scalar"}:   nothing,
		{"numpy", "dtype"}:                     nothing,

		// What training programs put beside the weights: their options, paths and counts.
		{"argparse", "Namespace"}:      nothing,
		{"collections", "Counter"}:     nothing,
		{"pathlib", "PosixPath"}:       nothing,
		{"pathlib", "PurePosixPath"}:   nothing,
		{"pathlib", "WindowsPath"}:     nothing,
		{"pathlib", "PureWindowsPath"}: nothing,
		{"__builtin__", "set"}:         nothing,
		{"builtins", "set"}:            nothing,
	}
	for name := range storageTypes {
		u.call[global{"torch", name}] = nothing
	}
	u.call[global{"torch.storage", "UntypedStorage"}] = nothing
	for _, name := range []string{"float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"} {
		u.call[global{"torch", name}] = nothing
	}
	value, err := u.load()
	if err != nil {
		return nil, err
	}
	if len(u.strangers) > 0 {
		return nil, fmt.Errorf("its pickle asks for %s, and nothing but tensors is read from one; in PyTorch, save the weights alone: torch.save(model.state_dict(), FILE)", strings.Join(u.strangers[:min(len(u.strangers), 5)], ", "))
	}
	return value, nil
}

func newDict([]any) (any, error) { return &dict{}, nil }
