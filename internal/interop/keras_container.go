package interop

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"cnntrain/internal/interop/hdf5"
	"cnntrain/internal/words"
)

// A container is the content of a Keras file, in any format.
type container struct {
	config   []byte      // JSON of the model, nil for weights alone
	training []byte      // JSON of the compile arguments, nil if it was not compiled
	weights  *hdf5.Group // nil for JSON alone
	version  string      // of Keras, empty if the file does not say it
}

// The members of a .keras file: keras/src/saving/saving_lib.py.
const (
	kerasConfigName   = "config.json"
	kerasMetadataName = "metadata.json"
	kerasWeightsName  = "model.weights.h5"
)

// maxJSON limits the size of the JSON of a model; the largest known one has 2 MB.
const maxJSON = 64 << 20

// open calls read with the content of the file at path. Weights are read during the call.
func open(path string, read func(*container) error) error {
	f, size, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := readContainer(f, size)
	if errors.Is(err, errUnknown) {
		if kind := Kind(path); kind != "" {
			return fmt.Errorf("%s %s", path, kind)
		}
		err = errors.New(isNoModelFile + " of Keras: not an HDF5 file, a .keras archive or JSON, or truncated")
	}
	if err == nil {
		err = read(c)
	}
	var other separate
	if err == nil || errors.As(err, &other) {
		return err
	}
	return inFile(path, err)
}

// A separate error is that of another file, which it names.
type separate struct{ error }

// openFile opens a regular file; opening a pipe would wait for a writer.
func openFile(path string) (f *os.File, size int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		if kind := Kind(path); kind != "" {
			return nil, 0, fmt.Errorf("%s %s", path, kind)
		}
	}
	f, err = os.Open(path)
	return f, info.Size(), err
}

// errUnknown is the error for a file that was not written by Keras.
var errUnknown = errors.New("not a file of Keras")

// readContainer reads a file of size bytes. Its memory is proportional to size.
func readContainer(f io.ReaderAt, size int64) (*container, error) {
	head := make([]byte, min(8, size))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case hdf5.IsHDF5(head):
		return readH5(f, size)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readZip(f, size)
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")):
		return readJSON(f, size)
	}
	return nil, errUnknown
}

// readH5 reads an HDF5 file: a whole model, or weights.
func readH5(f io.ReaderAt, size int64) (*container, error) {
	root, err := hdf5.Read(f, size)
	if err != nil {
		return nil, err
	}
	c := &container{weights: root, version: root.Text("keras_version")}
	if text := root.Text("model_config"); text != "" {
		c.config = []byte(text)
	}
	if text := root.Text("training_config"); text != "" {
		c.training = []byte(text)
	}
	return c, nil
}

// readJSON reads the JSON that model.to_json returns, or the config.json of a .keras.
func readJSON(f io.ReaderAt, size int64) (*container, error) {
	if size > maxJSON {
		return nil, errUnknown
	}
	text := make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.Contains(text, []byte(`"class_name"`)) {
		return nil, errUnknown
	}
	return &container{config: text, training: compileConfig(text), version: versionIn(text)}, nil
}

// compileConfig returns the compile arguments in a .keras file, nil if there are none.
func compileConfig(config []byte) []byte {
	var model struct {
		Compile json.RawMessage `json:"compile_config"`
	}
	if json.Unmarshal(config, &model) != nil || string(model.Compile) == "null" {
		return nil
	}
	return model.Compile
}

// versionIn returns the version of Keras that a JSON object names, if any.
func versionIn(text []byte) string {
	var v struct {
		Version string `json:"keras_version"`
	}
	_ = json.Unmarshal(text, &v) // an object without it, or none, has no version
	return v.Version
}

// readZip reads a .keras file.
func readZip(f io.ReaderAt, size int64) (*container, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("a damaged or truncated archive (%w); copy or download it again", err)
	}
	members := map[string]*zip.File{}
	for _, m := range z.File {
		if members[m.Name] != nil {
			return nil, fmt.Errorf("damaged: %q occurs twice in the archive", m.Name)
		}
		members[m.Name] = m
	}
	if members[kerasConfigName] == nil {
		return nil, errUnknown
	}
	c := &container{}
	if c.config, err = unzip(members[kerasConfigName], maxJSON); err != nil {
		return nil, err
	}
	c.training = compileConfig(c.config)
	if m := members[kerasMetadataName]; m != nil {
		text, err := unzip(m, maxJSON)
		if err != nil {
			return nil, err
		}
		c.version = versionIn(text)
	}
	w := members[kerasWeightsName]
	if w == nil {
		return nil, fmt.Errorf("holds no %s; weights of another form (%s) are not read; save the model with model.save, as one file", kerasWeightsName, weightsIn(members))
	}
	weights, n, err := section(f, w)
	if err != nil {
		return nil, err
	}
	if c.weights, err = hdf5.Read(weights, n); err != nil {
		return nil, fmt.Errorf("%s: %w", kerasWeightsName, err)
	}
	unixPaths(c.weights)
	return c, nil
}

func weightsIn(members map[string]*zip.File) string {
	for name := range members {
		if strings.Contains(name, "weights") {
			return name
		}
	}
	return "none"
}

// section returns a member for random access: a section of the file, if stored uncompressed
// as by Keras, or unpacked in memory. In both cases its checksum was verified.
func section(f io.ReaderAt, m *zip.File) (io.ReaderAt, int64, error) {
	if m.Method != zip.Store {
		b, err := unzip(m, -1)
		return bytes.NewReader(b), int64(len(b)), err
	}
	at, err := m.DataOffset()
	if err == nil {
		err = copyOf(io.Discard, m, int64(m.UncompressedSize64))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: damaged archive: %w", m.Name, err)
	}
	n := int64(m.UncompressedSize64)
	return io.NewSectionReader(f, at, n), n, nil
}

// unzip returns the content of a member. It is an error if it is larger than limit, or, if
// limit is negative, larger than weights can be compressed: a zip bomb.
func unzip(m *zip.File, limit int64) ([]byte, error) {
	const ratio, slack = 20, 16 << 20 // trained float32 weights shrink by a tenth, zeros by a factor of a thousand
	if limit < 0 {
		limit = int64(min(m.CompressedSize64, 1<<40))*ratio + slack
	}
	var b bytes.Buffer
	if err := copyOf(&b, m, limit); err != nil {
		return nil, fmt.Errorf("%s: damaged archive: %w", m.Name, err)
	}
	return b.Bytes(), nil
}

// copyOf copies a member of at most limit bytes to w and verifies its checksum.
func copyOf(w io.Writer, m *zip.File, limit int64) error {
	if m.Flags&1 != 0 {
		return errors.New("it is encrypted")
	}
	r, err := m.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it unpacks to over %d bytes", limit)
	}
	return err
}

// unixPaths converts groups named a\b, which Keras 2 wrote on Windows, to nested groups.
func unixPaths(g *hdf5.Group) {
	for _, name := range slices.Sorted(maps.Keys(g.Groups)) {
		child := g.Groups[name]
		unixPaths(child)
		folders := strings.Split(name, `\`)
		if len(folders) == 1 {
			continue
		}
		delete(g.Groups, name)
		at := g
		for _, folder := range folders {
			at = at.Make(folder)
		}
		maps.Copy(at.Datasets, child.Datasets)
		maps.Copy(at.Groups, child.Groups)
		maps.Copy(at.Attributes, child.Attributes)
	}
}

// inFile prefixes an error, or each of those that it joins, with the file.
func inFile(path string, err error) error {
	var all []error
	for _, one := range words.Joined(err) {
		if !strings.HasPrefix(one.Error(), path+": ") {
			one = fmt.Errorf("%s: %w", path, one)
		}
		all = append(all, one)
	}
	return errors.Join(all...)
}
