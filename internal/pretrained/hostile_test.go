package pretrained

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// zeros writes n zeros, which take no memory.
func zeros(w interface{ Write([]byte) (int, error) }, n int64) error {
	block := make([]byte, 1<<20)
	for ; n > 0; n -= int64(len(block)) {
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// Hostile files of each format are one error of one line that names the file, and take little memory.
func TestHostileFilesAreOneErrorAndTakeLittleMemory(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// bomb is an archive whose last member unpacks to size bytes of zeros.
	bomb := func(name string, size int64, text map[string]string, member string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range text {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		w, err := z.Create(member)
		if err == nil {
			err = zeros(w, size)
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return write(name, b.Bytes())
	}
	const bombed = 80 << 20 // over each limit; 10 GB take minutes to write, and are read no further
	header := func(n uint64, text string) []byte {
		if n == 0 {
			n = uint64(len(text))
		}
		return append(binary.LittleEndian.AppendUint64(nil, n), text...)
	}
	hdf5 := "\x89HDF\r\n\x1a\n"
	for name, path := range map[string]string{
		"pickle, zip":                  bomb("system.pth", 1, map[string]string{"archive/data.pkl": "\x80\x02cos\nsystem\nX\x08\x00\x00\x00touch /x\x85R."}, "archive/data/0"),
		"pickle, zeros":                bomb("zeros.pth", bombed, nil, "archive/data.pkl"),
		"torch.export":                 bomb("export.pt2", 1, map[string]string{"export/archive_format": "pt2"}, "export/data/weights/weight_0"),
		"values of zeros":              bomb("values.pth", bombed, map[string]string{"archive/data.pkl": tensorPickle("J\xff\xff\xff\x7f", "J\xff\xff\xff\x7f\x85", "K\x01\x85")}, "archive/data/0"),
		"keras, config of zeros":       bomb("config.keras", bombed, nil, "config.json"),
		"keras, weights of zeros":      bomb("weights.keras", bombed, map[string]string{"config.json": `{"class_name": "Sequential", "config": {}}`}, "model.weights.h5"),
		"legacy pickle":                write("legacy.pth", []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.")),
		"safetensors, header":          write("header.safetensors", header(1<<62, "{}")),
		"safetensors, values":          write("values.safetensors", header(0, `{"w":{"dtype":"F32","shape":[4000000000],"data_offsets":[0,16000000000]}}`)),
		"safetensors, negative":        write("negative.safetensors", header(0, `{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`)),
		"hdf5, nothing behind":         write("short.h5", []byte(hdf5)),
		"hdf5, addresses beyond":       write("beyond.weights.h5", append([]byte(hdf5), bytes.Repeat([]byte{0xff}, 200)...)),
		"hdf5, zeros":                  write("zeros.h5", append([]byte(hdf5), make([]byte, 4096)...)),
		"keras, truncated":             write("cut.keras", []byte("PK\x03\x04\x14\x00\x00\x00")),
		"not weights, though so named": write("text.pth", []byte("hello\n")),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := Open(path, readAll)
			runtime.ReadMemStats(&after)
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v is not one line that names the file", err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 300<<20 {
				t.Errorf("it took %d MB", took>>20)
			}
			t.Log(err)
		})
	}
}
