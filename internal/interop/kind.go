package interop

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"cnntrain/internal/interop/hdf5"
)

// headSize is the number of bytes of a file that are read to identify it.
const headSize = 64 << 10

// Kind identifies the file or folder at path and says what to do with it, as the end of an
// error: "is an ONNX model; …". It is empty for unknown content and for safetensors files.
// Nothing in a file is executed.
func Kind(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return folderKind(path)
	case !info.Mode().IsRegular():
		return "is not a regular file"
	case info.Size() == 0:
		return "is empty; copy or download it again"
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, min(headSize, info.Size()))
	if _, err := io.ReadFull(f, head); err != nil {
		return ""
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return zipKind(f, info.Size())
	}
	return headKind(head, filepath.Base(path))
}

const (
	isKeras       = "is a model of Keras; make a run of it with cnntrain import, or take its weights with fit --weights"
	isKerasJSON   = "is the JSON of a Keras model, without weights; import it with --weights FILE.weights.h5"
	isSavedModel  = "is a TensorFlow SavedModel, which holds a program; load it in Keras and save the model as .keras or .h5"
	isTFWeights   = "is a TensorFlow checkpoint; in Keras, load it with model.load_weights and save the model as .keras or .h5"
	isPyTorch     = "is a PyTorch file, which holds weights and no model; write a spec for it, and start from its weights with fit --weights"
	isONNX        = "is an ONNX model, which cnntrain writes but does not read; import the Keras file that it was made from"
	isTFLite      = "is a TensorFlow Lite model, which has no training form; import the Keras file that it was made from"
	isSpec        = "is a spec, and no trained model; train it with cnntrain fit, then name its run"
	isIndex       = "lists weights that are in several files, which are not read together; load the model in its own program and save it in one file"
	isNumPy       = "holds NumPy arrays, and no model; save the model with model.save, or weights of PyTorch as safetensors"
	isPickle      = "is a Python pickle, which can run code and is never opened; save the model with model.save"
	isImage       = "is an image, and no model"
	isArchive     = "is an archive; unpack it, and name what is in it"
	isNoModelFile = "is no file of a model"
)

// folderKind identifies a model folder by its files.
func folderKind(dir string) string {
	has := func(names ...string) bool {
		for _, name := range names {
			if found, _ := filepath.Glob(filepath.Join(globEscape.Replace(dir), name)); len(found) == 0 {
				return false
			}
		}
		return true
	}
	switch {
	case has("saved_model.pb") || has("saved_model.pbtxt"):
		return isSavedModel
	case has("config.json", "model.weights.h5"):
		return "is an unpacked .keras file; import its config.json with --weights model.weights.h5"
	case has("*.index", "*.data-?????-of-?????"):
		return isTFWeights
	case has("run.json", "spec.yaml"):
		return "is a run of cnntrain"
	case has("*.index.json"):
		return isIndex
	}
	return "is a folder"
}

// globEscape escapes the special characters of patterns.
var globEscape = strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`)

// zipKind identifies an archive by its member names.
func zipKind(f io.ReaderAt, size int64) string {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return "is a damaged or truncated zip archive; copy or download it again"
	}
	for _, member := range z.File {
		switch base := strings.ToLower(filepath.Base(member.Name)); {
		case member.Name == kerasConfigName:
			return isKeras
		case base == "data.pkl" || base == "constants.pkl" || base == "archive_format":
			return isPyTorch
		case base == "saved_model.pb":
			return isSavedModel
		case strings.HasSuffix(base, ".npy"):
			return isNumPy
		}
	}
	return isArchive
}

// heads lists the first bytes of model files and of files confused with them.
var heads = []struct {
	at          int
	begin, kind string
}{
	{4, "TFL3", isTFLite},
	{0, "\x80\x02\x8a\x0al\xfc\x9cF\xf9", isPyTorch}, // before the zip of PyTorch 1.6
	{0, "\x93NUMPY", isNumPy},
	{0, "GGUF", "is a GGUF model, of language and not of images"},
	{0, "\x80\x02", isPickle}, {0, "\x80\x03", isPickle}, {0, "\x80\x04", isPickle}, {0, "\x80\x05", isPickle},
	{0, "\x1f\x8b", isArchive}, {0, "BZh", isArchive}, {0, "7z\xbc\xaf", isArchive}, {0, "\xfd7zXZ", isArchive}, {257, "ustar", isArchive},
	{0, "PK\x05\x06", "is an empty zip archive"},
	{0, "\x89PNG", isImage}, {0, "\xff\xd8\xff", isImage}, {0, "GIF8", isImage},
	{0, "version https://git-lfs", "is a pointer of Git LFS, and not the file itself; fetch that with git lfs pull"},
	{0, "model_checkpoint_path:", isTFWeights},
}

// headKind identifies a file by its first bytes, and a text also by its content.
func headKind(head []byte, name string) string {
	if hdf5.IsHDF5(head) {
		return isKeras
	}
	for _, h := range heads {
		if len(head) >= h.at && bytes.HasPrefix(head[h.at:], []byte(h.begin)) {
			return h.kind
		}
	}
	name = strings.ToLower(name)
	switch {
	case name == "saved_model.pb":
		return isSavedModel
	case strings.HasSuffix(name, ".index"), strings.Contains(name, ".data-0"):
		return isTFWeights
	case isSafetensors(head):
		return ""
	case isONNXHead(head):
		return isONNX
	case strings.HasSuffix(name, ".pb"):
		return isSavedModel
	}
	return textKind(head)
}

// isSafetensors reports whether a file begins with the length of a header and JSON.
func isSafetensors(head []byte) bool { return len(head) > 8 && head[8] == '{' && head[6]|head[7] == 0 }

// isONNXHead reports whether head is that of a ModelProto: field 1, the IR version,
// followed by a string or a message.
func isONNXHead(head []byte) bool {
	return len(head) > 4 && head[0] == 0x08 && head[1] < 0x20 && (head[2] == 0x12 || head[2] == 0x1a || head[2] == 0x3a || head[2] == 0x42)
}

func textKind(head []byte) string {
	for range utf8.UTFMax - 1 { // the last character may be truncated
		if !utf8.Valid(head) {
			head = head[:max(0, len(head)-1)]
		}
	}
	if !utf8.Valid(head) || bytes.IndexByte(head, 0) >= 0 {
		return ""
	}
	text := strings.TrimLeft(string(head), "\ufeff \t\r\n")
	switch lower := strings.ToLower(text[:min(len(text), 100)]); {
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"weight_map"`):
		return isIndex
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"class_name"`):
		return isKerasJSON
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return "is a web page, perhaps of a download that failed; download it again"
	case strings.HasPrefix(text, "layers:"), strings.Contains(text, "\nlayers:"):
		return isSpec
	}
	return "is a text, and no model"
}
