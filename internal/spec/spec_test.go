package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with the file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match %s (%v)", pattern, err)
	}
	return paths
}

func TestBadSpecsNameEveryProblemWithItsPlace(t *testing.T) {
	for _, path := range files(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var problems Problems
			Load(path, nil, &problems)
			if problems.Len() == 0 {
				t.Fatal("nothing is wrong with it")
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".txt", problems.Err().Error()+"\n")
		})
	}
}

func TestGoodSpecsAreWrittenOut(t *testing.T) {
	for _, path := range files(t, "testdata/good/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var problems Problems
			s := Load(path, nil, &problems)
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%s %v\n", s.Name, s.Input)
			for _, it := range s.Layers {
				options, _ := yaml.Marshal(it.Options)
				fmt.Fprintf(&b, "%s %s %s", it.Pos, it.Label, strings.Join(strings.Fields(string(options)), " "))
				for _, o := range it.Overrides {
					fmt.Fprintf(&b, " %s=%s", strings.Join(o.Path, "."), o.Value.Value)
				}
				b.WriteString("\n")
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".txt", b.String())
		})
	}
}

func TestUnreadableFileIsAProblemOfThatFile(t *testing.T) {
	for path, want := range map[string]string{
		"testdata/none.yaml": "testdata/none.yaml: no such spec file",
		"testdata/good":      "testdata/good: cannot be read: is a directory",
	} {
		var problems Problems
		s := Load(path, nil, &problems)
		if err := problems.Err(); s != nil || err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNameIsMadeFromTheFile(t *testing.T) {
	for file, want := range map[string]string{
		"a/lenet5.yaml":   "lenet5",
		"my net.yaml":     "my-net",
		"-x(1).v2.yaml":   "x-1-.v2",
		".hidden.yaml":    "hidden",
		"größe.yaml":      "gr-e",
		"model.yaml/spec": "spec",
	} {
		var problems Problems
		s := Parse(file, []byte(overridable[len("\nname: x"):]), nil, &problems)
		if problems.Err() != nil || s.Name != want {
			t.Errorf("%s: name %q, %v, want %s", file, s.Name, problems.Err(), want)
		}
	}
	for _, file := range []string{"...yaml", "  .yaml", "模型.yaml", ".yaml"} {
		var problems Problems
		Parse(file, []byte("input: [8, 8, 1]\nlayers: [flatten]\n"), nil, &problems)
		want := file + `:1:1: missing "name": "` + file + `" holds nothing to name the run folder; write name: NAME`
		if err := problems.Err(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestNamesThatCannotNameAFolderAreRefused(t *testing.T) {
	for _, name := range []string{".", "..", "...", "a/b", "''", ".x", "-x", "a b", strings.Repeat("x", 101), "[a]"} {
		var problems Problems
		Parse("x.yaml", []byte("name: "+name+"\ninput: [8, 8, 1]\nlayers: [flatten]\n"), nil, &problems)
		if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), "x.yaml:1:7: name: must be ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextOfAFlagIsNoYAML(t *testing.T) {
	for _, text := range []string{"./cats #1", "{a: b}", "null", "[", "a: b", "3"} {
		var problems Problems
		o := TextOverride("train.epochs", text, "--epochs")
		s := Parse("x.yaml", []byte(overridable), []Override{o}, &problems)
		if got := s.Train.Overrides[0]; problems.Err() != nil || got.Value.Value != text || isNull(got.Value) || got.Flag != "--epochs "+text {
			t.Errorf("%s: %+v, %v", text, got.Value, problems.Err())
		}
	}
}

const overridable = `
name: x
input: [8, 8, 1]
layers: [conv2d: {filters: 3}, dense: 4, dense: 5]
train: {epochs: 3}
`

func TestOverridesReachTheirItem(t *testing.T) {
	var problems Problems
	var overrides []Override
	for _, text := range []string{"name=y", "input=[4, 4, 3]", "layers.dense_1.units=7", "layers.0.filters=9", "train.epochs=5"} {
		o, err := ParseOverride(text)
		if err != nil {
			t.Fatal(err)
		}
		overrides = append(overrides, o)
	}
	s := Parse("x.yaml", []byte(overridable), overrides, &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	if s.Name != "y" || fmt.Sprint(s.Input) != "[4 4 3]" {
		t.Errorf("name %q, input %v", s.Name, s.Input)
	}
	for _, c := range []struct {
		item        *Item
		path, value string
	}{
		{s.Layers[2], "units", "7"},
		{s.Layers[0], "filters", "9"},
		{&s.Train.Item, "epochs", "5"},
	} {
		if len(c.item.Overrides) != 1 {
			t.Errorf("%s has %d overrides", c.item.Name, len(c.item.Overrides))
			continue
		}
		if o := c.item.Overrides[0]; strings.Join(o.Path, ".") != c.path || o.Value.Value != c.value {
			t.Errorf("%s: %v = %s", c.item.Name, o.Path, o.Value.Value)
		}
	}
}

func TestBadOverridesNameTheFlag(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"epochs", "--set epochs: must be KEY=VALUE, such as train.epochs=3"},
		{"train..epochs=3", `--set train..epochs=3: "train..epochs" is not a dotted path such as train.epochs`},
		{"train.epochs=[3", "--set train.epochs=[3: not valid YAML: did not find expected ',' or ']'"},
		{"tain.epochs=3", `--set tain.epochs=3: unknown path "tain.epochs"; did you mean "train"?`},
		{"train=3", "--set train=3: name an option, such as train.epochs"},
		{"name.x=3", "--set name.x=3: name has no parts; set it whole"},
		{"input=[0, 1, 1]", `--set input=[0, 1, 1]: input: the height must be a whole number from 1 to 16384, got "0"`},
		{"layers.dense_2.units=3", `--set layers.dense_2.units=3: no layer "dense_2"; did you mean "dense_1"?`},
		{"layers.9.units=3", `--set layers.9.units=3: no layer "9"; known: conv2d, dense, dense_1`},
		{"layers.dense.name=out", "--set layers.dense.name=out: a layer is named in the spec alone, since --set and checkpoints go by the name"},
		{"layers.1.dense.name=out", "--set layers.1.dense.name=out: a layer is named in the spec alone, since --set and checkpoints go by the name"},
		{"layers.0=3", "--set layers.0=3: name a layer and an option, such as layers.dense_1.units"},
	} {
		t.Run(c.text, func(t *testing.T) {
			var problems Problems
			o, err := ParseOverride(c.text)
			if err == nil {
				Parse("x.yaml", []byte(overridable), []Override{o}, &problems)
				err = problems.Err()
			}
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestWordsOfPyTorchAreTranslated(t *testing.T) {
	for word, want := range map[string]string{
		"Linear": "dense", "BatchNorm2d": "batch_normalization", "Dropout2d": "spatial_dropout2d", "kernel": "kernel_size", "out_channels": "filters", "p": "rate",
		"prelu": "", "flatten": "", "": "",
	} {
		known := []string{"batch_normalization", "dense", "filters", "kernel_initializer", "kernel_size", "rate", "spatial_dropout2d"}
		if got := Translated(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
	if got := Translated("Linear", []string{"relu"}); got != "" {
		t.Errorf("%q is not known", got)
	}
}

func TestHintNamesTheLikeliest(t *testing.T) {
	known := []string{"conv2d", "dense", "dropout", "flatten", "relu"}
	for _, c := range []struct{ got, want string }{
		{"kernal", "; known: conv2d, dense, dropout, flatten, relu"},
		{"Conv2D", `; did you mean "conv2d"?`},
		{"desne", `; did you mean "dense"?`},
		{"droupot", `; did you mean "dropout"?`},
		{"flat", `; did you mean "flatten"?`},
		{"d", "; known: conv2d, dense, dropout, flatten, relu"},
		{"flaten", `; did you mean "flatten"?`},
		{"", "; known: conv2d, dense, dropout, flatten, relu"},
	} {
		if got := Hint(c.got, known); got != c.want {
			t.Errorf("Hint(%q) = %q, want %q", c.got, got, c.want)
		}
	}
}

// A parameter that stands twice in the arguments of another block doubles, block after block, as aliases do.
func TestParametersThatDoubleAreRejected(t *testing.T) {
	doc := "input: [8, 8, 1]\nblocks:\n"
	const blocks = 40
	for i := range blocks {
		doc += fmt.Sprintf("  b%d: {params: [x], layers: [b%d: {x: [$x, $x]}]}\n", i, i+1)
	}
	doc += fmt.Sprintf("  b%d: {params: [x], layers: [dense: $x]}\nlayers: [b0: 1, dense: 10]\n", blocks)
	var problems Problems
	Parse("x.yaml", []byte(doc), nil, &problems)
	if err := problems.Err(); err == nil || err.Error() != "x.yaml:20:45: over 1000000 values once repeats and blocks are written out" {
		t.Error(err)
	}
}

// For any input, parsing ends without a panic, and either reports problems or returns a
// spec with layers and an input.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, "train.epochs=3")
		}
	}
	f.Add([]byte(overridable), "layers.0.filters={a: [1, 2]}")
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		var problems Problems
		var overrides []Override
		if o, err := ParseOverride(set); err == nil {
			overrides = append(overrides, o)
		}
		s := Parse("fuzz.yaml", src, overrides, &problems)
		if s == nil && problems.Len() == 0 {
			t.Fatal("no spec, and no problem")
		}
		if err := problems.Err(); err != nil {
			for line := range strings.Lines(err.Error()) {
				if strings.TrimSpace(line) == "" {
					t.Errorf("an empty message in %q", err)
				}
			}
			return
		}
		if len(s.Input) != 3 || len(s.Layers) == 0 || s.Name == "" {
			t.Errorf("nothing wrong, yet input %v, %d layers, name %q", s.Input, len(s.Layers), s.Name)
		}
	})
}
