//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// names are what others may choose, in a folder that TestNothingHostileGetsOut makes twice.
type othersNames struct {
	classes, images []string // in the order of their names
	run             string
	text            string // in descriptions and in metadata of files
	layer           string // in files of Keras and of weights
}

var hostileNames = othersNames{
	classes: []string{"\x1b[2J\x1b]0;t\a\n\tx\r\u009b31m", "--help", "=cmd()<b>&'\"", "l" + strings.Repeat("o", 180) + "ng\u202e\u200bx"},
	images:  []string{"\x1b]0;t\a\n\tx.png", "--json.png", "=1+1,\"<img src=x>.png", "\xff\u202ex.png"},
	run:     "r\x1b[2J\x1b]0;t\a\n\t<b>&'\"\u202e",
	text:    "\x1b[2J\x1b]0;t\a\n\t</title><script>alert(1)</script>]]>&amp;'\"\u202e\u0085\u2028=1",
	layer:   "l\x1b[2J\n\t\u202e<b>&'\"",
}

var harmlessNames = othersNames{
	classes: []string{"A", "B", "C", "D"},
	images:  []string{"a.png", "b.png", "c.png", "d.png"},
	run:     "run", text: "a text", layer: "layer",
}

// Names of classes, files and folders, and texts in the files of others, get to a person in every
// command: as one word of a line or one cell of a table, which commands no terminal, is no markup
// in a page or a picture, and no formula in a table. So the output has as many lines, cells and
// elements as with names that are harmless.
func TestNothingHostileGetsOut(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	hostile, harmless := outputs(t, hostileNames), outputs(t, harmlessNames)
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			if want := harmless[name]; hostile[name].shape != want.shape {
				t.Errorf("%s\nwant %s\ngot %q\nwant %q", hostile[name].shape, want.shape, hostile[name].text, want.text)
			}
			if err := hostile[name].err; err != nil {
				t.Errorf("%v\n%q", err, hostile[name].text)
			}
		})
	}
}

// An output of the program, or a file that it wrote.
type output struct {
	text  string
	shape string // how many lines, cells or elements it has
	err   error  // why it is not safe
}

// outputs runs every command in a folder with the names, and returns what it wrote by its arguments.
func outputs(t *testing.T, n othersNames) map[string]output {
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, content, 0o666)); err != nil {
			t.Skipf("this file system has no such names: %v", err)
		}
	}
	for c, class := range n.classes {
		for split, images := range map[string][]string{"train": n.images, "val": n.images[:2], "test": n.images} {
			for i, name := range images {
				write(filepath.Join("photos", split, class, name), shaded(t, c, i))
			}
		}
	}
	write(filepath.Join("photos", "train", n.classes[0], "broken"+n.images[0]), []byte("no image"))
	quoted := strconv.QuoteToASCII(n.text) // as YAML, too
	layers := `
input: [8, 8, 3]
data: {dataset: ./photos}
layers: [random_flip: horizontal, rescaling: 1/255, conv2d: {filters: 2, kernel_size: 3, name: look}, flatten, dense: {units: 4, activation: softmax}]
train: {epochs: 2, optimizer: {sgd: 1.0e-9}, seed: 3}
`
	write(filepath.Join(n.run, "s.yaml"), []byte("description: "+quoted+layers))
	write("named.yaml", []byte("name: "+quoted+layers))
	write("layer.yaml", []byte(strings.Replace(layers, "name: look", "name: "+quoted, 1)))
	write("unknown.yaml", []byte(strings.Replace(layers, "flatten", quoted, 1)))
	write("option.yaml", []byte(strings.Replace(layers, "filters: 2", quoted+": 2", 1)))
	write("dataset.yaml", []byte(strings.Replace(layers, "./photos", strconv.QuoteToASCII("./"+n.text), 1)))
	write("list.yaml", []byte(strings.Replace(layers, "./photos", "./list.csv", 1)))
	write("sweep.yaml", []byte("spec: "+strconv.QuoteToASCII(filepath.Join(n.run, "s.yaml"))+"\nparams: {train.batch_size: [4, 8]}\n"))
	write("foreign.safetensors", foreignSafetensors(t, n))
	write("foreign.json", foreignKeras(t, n, "Dense"))
	write("strange.json", foreignKeras(t, n, n.layer))
	write("foreign.keras", zipped(t, map[string][]byte{"config.json": foreignKeras(t, n, "Dense"), "metadata.json": []byte(`{"keras_version": "3"}`)}))
	write("list.csv", fileList(t, n))

	all := map[string]output{}
	command := func(name string, code int, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		cmd := exec.Command("cnntrain", args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%s: exit code %d, want %d\n%q", name, got, code, errs.String())
		}
		all[name] = printed(out.String())
		all[name+" (messages)"] = printed(errs.String())
		switch {
		case slices.Contains(args, "--json"):
			all[name] = document(out.Bytes())
		case slices.Contains(args, "--csv"):
			all[name] = cells(out.Bytes())
		}
	}
	file := func(name string, read func([]byte) output) {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		all[name] = read(content)
	}
	spec, run := filepath.Join(n.run, "s.yaml"), filepath.Join("runs", n.run, "1")
	photo := filepath.Join("photos", "test", n.classes[0], n.images[0])

	command("fit", 0, "fit", spec, "--out", run)
	command("fit --json", 0, "fit", spec, "--out", run+"2", "--json", "--set", "train.optimizer=adam")
	command("fit --dry-run", 0, "fit", spec, "--dry-run")
	command("fit --strict", 1, "fit", spec, "--out", "third", "--strict")
	command("fit, in use", 1, "fit", spec, "--out", run)
	command("fit --resume", 0, "fit", "--resume", run)
	command("fit on a list", 0, "fit", "list.yaml", "--out", "of-list")
	command("fit --weights", 1, "fit", spec, "--weights", "foreign.safetensors", "--out", "third")
	command("fit --set", 2, "fit", spec, "--set", n.text+"=1", "--out", "third")
	command("fit --dataset", 1, "fit", spec, "--dataset", "./"+n.run, "--out", "third")
	for _, bad := range []string{"named", "layer", "unknown", "option"} {
		command("validate "+bad, 2, "validate", bad+".yaml")
		command("validate --json "+bad, 2, "validate", bad+".yaml", "--json")
		command("summary "+bad, 2, "summary", bad+".yaml")
		command("fit "+bad, 2, "fit", bad+".yaml", "--dry-run")
	}
	command("fit dataset", 1, "fit", "dataset.yaml", "--dry-run")
	command("validate", 0, "validate", spec)
	command("validate --resolved", 0, "validate", spec, "--resolved")
	command("summary", 0, "summary", spec)
	command("summary --json", 0, "summary", spec, "--json")
	command("summary RUN", 0, "summary", run)

	command("eval", 0, "eval", run)
	command("eval --json", 0, "eval", run, "--json")
	command("eval --errors", 0, "eval", run, "--errors", "errors.csv")
	file("errors.csv", cells)
	command("eval --suspects", 0, "eval", run, "--suspects", "--split", "train")
	command("eval --suspects --json", 0, "eval", run, "--suspects", "--json")
	command("eval --ensemble", 0, "eval", run, run+"2", "--ensemble", "mean")
	command("eval --dataset", 0, "eval", run, "--dataset", "./photos", "--tta", "flip")
	command("eval, all images", 0, "eval", run, "--dataset", "./"+filepath.Join("photos", "train"))
	command("eval, no run", 1, "eval", filepath.Join("runs", n.run))
	command("predict", 0, "predict", run, photo)
	command("predict, all", 0, "predict", run, "photos", "--top", "4")
	command("predict --json", 0, "predict", run, "photos", "--json")
	command("predict --csv", 0, "predict", run, "photos", "--csv")
	command("predict, no image", 1, "predict", run, "no"+n.images[0])
	command("predict --strict", 1, "predict", run, "photos", "--strict")
	command("verify", 0, "verify", run)
	command("verify --json", 0, "verify", run, "--json", "--quick")

	command("runs", 0, "runs")
	command("runs --json", 0, "runs", "--json")
	command("runs show", 0, "runs", "show", run)
	command("runs show --json", 0, "runs", "show", run, "--json")
	command("runs compare", 0, "runs", "compare", run, run+"2")
	command("runs compare --json", 0, "runs", "compare", run, run+"2", "--json")
	command("runs rm, unasked", 2, "runs", "rm", run)
	command("runs rm", 0, "runs", "rm", "of-list", "--yes")

	for _, kind := range []string{"curves", "confusion", "classes", "confused", "mistakes", "filters", "architecture"} {
		command("plot "+kind, 0, "plot", run, "--kind", kind, "-o", kind+".svg")
		file(kind+".svg", page)
		command("plot "+kind+" as PNG", 0, "plot", run, "--kind", kind, "-o", kind+".png")
	}
	command("plot curves of two", 0, "plot", run, run+"2", "-o", "two.svg")
	file("two.svg", page)
	command("plot SPEC", 0, "plot", spec, "-o", "spec.svg")
	file("spec.svg", page)
	command("plot gradcam", 0, "plot", run, photo, "--kind", "gradcam", "--class", n.classes[2], "-o", "gradcam.svg")
	file("gradcam.svg", page)
	command("plot gradcam, no class", 1, "plot", run, photo, "--kind", "gradcam", "--class", n.text, "-o", "gradcam.svg")
	command("report", 0, "report", run, "-o", "report.html")
	file("report.html", page)
	command("augment", 0, "augment", spec, "-o", "augment.svg")
	file("augment.svg", page)
	command("lr-find", 0, "lr-find", spec, "--steps", "30", "-o", "rates.svg")
	file("rates.svg", page)
	command("bench", 0, "bench", spec, "--time", "10ms")

	command("data info", 0, "data", "info", "./photos", "-o", "photos.svg")
	file("photos.svg", page)
	command("data info --json", 0, "data", "info", "./photos", "--json")
	command("data info LIST", 0, "data", "info", "list.csv")
	command("data check", 1, "data", "check", "./photos")
	command("data check --json", 1, "data", "check", "./photos", "--json")

	for _, format := range []string{"keras", "h5", "onnx", "safetensors", "weights.h5"} {
		command("export "+format, 0, "export", run, "-o", "exported."+format)
	}
	command("export, there", 1, "export", run, "-o", "exported.keras")
	command("import exported", 0, "import", "exported.keras", "--dataset", "./photos", "--out", "imported")
	command("import", 1, "import", "foreign.json", "--classes", "a,b,c,d", "--weights", "exported.weights.h5", "--out", "foreign")
	command("import strange", 1, "import", "strange.json", "--classes", "a,b,c,d", "--out", "strange")
	command("import archive", 1, "import", "foreign.keras", "--classes", "a,b,c,d", "--out", "strange")
	command("weights of an archive", 1, "weights", "foreign.keras")
	command("weights", 0, "weights", "foreign.safetensors")
	command("weights --json", 0, "weights", "foreign.safetensors", "--json")
	command("weights SPEC", 0, "weights", "foreign.safetensors", spec)
	command("weights RUN", 0, "weights", "exported.safetensors", run)
	command("new", 0, "new", "fresh", "--classes", "./photos")
	command("explain", 2, "explain", n.text)
	command("unknown command", 2, n.text)
	command("unknown flag", 2, "eval", "--"+n.text)
	command("sweep --dry-run", 0, "sweep", "sweep.yaml", "--dry-run")
	command("sweep", 0, "sweep", "sweep.yaml")
	command("sweep status", 0, "sweep", "status", filepath.Join("sweeps", "sweep", "1"))
	command("sweep status --json", 0, "sweep", "status", filepath.Join("sweeps", "sweep", "1"), "--json")
	command("report SWEEP", 0, "report", filepath.Join("sweeps", "sweep", "1"), "-o", "sweep.html")
	file("sweep.html", page)
	return all
}

// printed is text for a person. No character but the ends of its lines commands a terminal.
func printed(text string) output {
	o := output{text: text, shape: fmt.Sprintf("%d lines", strings.Count(text, "\n"))}
	for i, c := range text {
		if c == utf8.RuneError || c != '\n' && c != '\t' && unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || c == '\u200b' {
			o.err = fmt.Errorf("%q at %d: %q", c, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if n := strings.Count(line, "\t"); n > 0 {
			o.shape += fmt.Sprintf(", %d tabs in line %d", n, i+1)
		}
	}
	return o
}

// document is JSON.
func document(content []byte) output {
	o := printed(string(content))
	if !json.Valid(content) {
		o.err = errors.Join(o.err, errors.New("no JSON"))
	}
	return o
}

// cells is CSV, of which no cell is a formula of a spreadsheet.
func cells(content []byte) output {
	o := output{text: string(content)}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	o.err = err
	for _, row := range rows {
		o.shape += fmt.Sprintf(" %d", len(row))
		for _, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				o.err = errors.Join(o.err, fmt.Errorf("a cell is %q", cell))
			}
		}
	}
	return o
}

// page is HTML or SVG.
func page(content []byte) output {
	o := printed(string(content))
	d := xml.NewDecoder(bytes.NewReader(content))
	d.Entity = xml.HTMLEntity
	known := map[string]bool{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			o.err = err
			break
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				known[e.Name.Local+" "+a.Name.Local] = true
			}
		}
	}
	o.shape = fmt.Sprint(slices.Sorted(maps.Keys(known))) // how many there are depends on the numbers, too
	return o
}

func shaded(t *testing.T, class, i int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for k := range 64 {
		img.Set(k%8, k/8, color.RGBA{uint8(60 * class), uint8(40 * i), uint8(3 * k), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func foreignSafetensors(t *testing.T, n othersNames) []byte {
	header, err := json.Marshal(map[string]any{
		"__metadata__":       map[string]string{"format": n.text, n.layer: n.text},
		n.layer + ".weight":  map[string]any{"dtype": "F32", "shape": []int{1}, "data_offsets": []int{0, 4}},
		n.layer + "2.weight": map[string]any{"dtype": "F32", "shape": []int{1}, "data_offsets": []int{4, 8}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, 8)...)
}

func foreignKeras(t *testing.T, n othersNames, class string) []byte {
	layer := func(class, name string, config map[string]any) map[string]any {
		config["name"] = name
		return map[string]any{"module": "keras.layers", "class_name": class, "config": config}
	}
	text, err := json.Marshal(map[string]any{
		"class_name": "Sequential", "keras_version": n.text,
		"config": map[string]any{"name": n.layer, "layers": []any{
			layer("InputLayer", n.layer+"1", map[string]any{"batch_shape": []any{nil, 8, 8, 3}}),
			layer("Flatten", n.layer+"2", map[string]any{}),
			layer(class, n.layer+"3", map[string]any{"units": 4, "activation": "softmax"}),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func zipped(t *testing.T, files map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fileList(t *testing.T, n othersNames) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"file", "label"}}
	for _, class := range n.classes {
		for _, name := range n.images[:3] { // the last one is not UTF-8
			rows = append(rows, []string{filepath.Join("photos", "train", class, name), class})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
