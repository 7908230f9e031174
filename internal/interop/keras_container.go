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
)

// A container is what a file of Keras holds, whatever its format.
type container struct {
	config   []byte      // JSON of the model, nil where there are weights alone
	training []byte      // JSON of how it was compiled, nil where it was not
	weights  *hdf5.Group // nil where there is the JSON alone
}

// The parts of a .keras file: keras/src/saving/saving_lib.py.
const (
	kerasConfigName  = "config.json"
	kerasWeightsName = "model.weights.h5"
)

// maxJSON bounds the JSON of a model, of which the largest known has 2 MB.
const maxJSON = 64 << 20

// open calls read with what is in the file at path. Weights are read while it runs.
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

// openFile opens a regular file, and no pipe, which would wait for a writer.
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

// errUnknown is the error of a file that is none of Keras's.
var errUnknown = errors.New("not a file of Keras")

// readContainer reads a file of size bytes. It takes memory in proportion to size.
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

// readH5 reads a file of HDF5: a whole model, or weights.
func readH5(f io.ReaderAt, size int64) (*container, error) {
	root, err := hdf5.Read(f, size)
	if err != nil {
		return nil, err
	}
	c := &container{weights: root}
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
	return &container{config: text, training: compileConfig(text)}, nil
}

// compileConfig returns how the model of a .keras file was compiled, nil if it was not.
func compileConfig(config []byte) []byte {
	var model struct {
		Compile json.RawMessage `json:"compile_config"`
	}
	if json.Unmarshal(config, &model) != nil || string(model.Compile) == "null" {
		return nil
	}
	return model.Compile
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

// section returns a member for reading at any place: the part of the file that it is,
// as Keras stores it, or unpacked in memory. Either way its checksum has been verified.
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

// unzip returns the content of a member. It is an error if there is more than limit, or
// than weights can be packed to where limit is negative: a zip bomb.
func unzip(m *zip.File, limit int64) ([]byte, error) {
	const ratio, slack = 20, 16 << 20 // float32 of training shrink by a tenth, zeros a thousandfold
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

// unixPaths takes groups called a\b, which Keras 2 wrote on Windows, apart.
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

// inFile puts the file in front of each line of an error.
func inFile(path string, err error) error {
	lines := strings.Split(err.Error(), "\n")
	if len(lines) == 1 {
		return fmt.Errorf("%s: %w", path, err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, path+": ") {
			lines[i] = path + ": " + line
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}
