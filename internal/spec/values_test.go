package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestValuesAreThoseThatSetKnows(t *testing.T) {
	var problems Problems
	s := Parse("x.yaml", []byte(`
name: x
input: [8, 8, 3]
layers:
  - repeat: 2
    layers: [conv2d: {filters: 4, kernel_size: [3, 5]}]
  - activation: relu
  - flatten
train: {optimizer: {sgd: {momentum: 0.9}}}
`), nil, &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	var got []string
	for _, v := range s.Values() {
		got = append(got, v.Path+"="+v.Text)
	}
	want := []string{
		"name=x", "input=[8, 8, 3]",
		"layers.conv2d.filters=4", "layers.conv2d.kernel_size=[3, 5]",
		"layers.conv2d_1.filters=4", "layers.conv2d_1.kernel_size=[3, 5]",
		"layers.activation.activation=relu", "layers.flatten=flatten",
		"train.optimizer.sgd.momentum=0.9",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTextIsOneLine(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte("a: |\n  x\n  y\nb:\n  - 1\n  - c: d\n"), &doc); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"x\ny\n"`, "[1, {c: d}]"} {
		if got := Text(doc.Content[0].Content[2*i+1]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if Text(nil) != "" {
		t.Errorf("nothing is %q", Text(nil))
	}
}

func TestASectionRefusesWhatNobodyKnows(t *testing.T) {
	var problems Problems
	set, err := ParseOverride("train.sede=3")
	if err != nil {
		t.Fatal(err)
	}
	s := Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers: [flatten]\ntrain: {seed: 1, epohcs: 2}\n"), []Override{set}, &problems)
	s.Train.Know("seed")
	s.Train.Know("epochs")
	s.Train.CheckUnknown(&problems)
	want := "--set train.sede=3: train: unknown option \"sede\"; did you mean \"seed\"?\nx.yaml:3:18: train: unknown option \"epohcs\"; did you mean \"epochs\"?"
	if got := fmt.Sprint(problems.Err()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestADecodedSpecIsWrittenOutAndReadAgain(t *testing.T) {
	read := func(text string) *Spec {
		var problems Problems
		s := Parse("x.yaml", []byte(text), nil, &problems)
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		// The form in which the catalog leaves them.
		s.Data.Resolved, s.Train.Resolved = s.Data.Options, s.Train.Options
		for _, it := range s.Layers {
			it.Resolved = it.Options
		}
		return s
	}
	s := read("name: '7'\ndescription: 'yes: no'\ninput: [8, 8, 3]\ndata: {dataset: shapes}\nlayers: [conv2d: {filters: 4}, flatten]\ntrain: {optimizer: {sgd: {momentum: 0.9}}}\n")
	first, err := s.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	second, err := read(string(first)).Resolved()
	if err != nil || string(first) != string(second) {
		t.Errorf("%s became\n%s, %v", first, second, err)
	}
	if got := s.Train.Thing("optimizer") + s.Data.Thing("dataset") + s.Data.Thing("none"); got != "sgdshapes" {
		t.Errorf("things %s", got)
	}
}

func TestAnItemOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sweep.yaml")
	if err := os.WriteFile(file, []byte("a: 1\nb: {c: 2}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var problems Problems
	it := LoadItem(file, "sweep", &problems)
	if it == nil || len(it.Options.Content) != 4 || problems.Err() != nil {
		t.Fatalf("%+v, %v", it, problems.Err())
	}
	o, err := NewOverride("x.y", it.Options.Content[3], it.At(it.Options.Content[3]))
	if err != nil || Text(o.Value) != "{c: 2}" || o.Pos().Line != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := NewOverride("x..y", it.Options, Pos{}); err == nil {
		t.Error("took a path with nothing between its dots")
	}
	for text, want := range map[string]string{"[1, 2]": "must be a mapping of options", "{": "", "": "the file is empty"} {
		var problems Problems
		if it := ParseItem("s.yaml", "sweep", []byte(text), &problems); it != nil || !strings.Contains(fmt.Sprint(problems.Err()), want) {
			t.Errorf("%q: %+v, %v", text, it, problems.Err())
		}
	}
	if it := LoadItem(file+"x", "sweep", &problems); it != nil || problems.Len() != 1 {
		t.Errorf("%+v, %v", it, problems.Err())
	}
}

func TestNamesOfFolders(t *testing.T) {
	for name, want := range map[string]bool{"lenet5": true, "a.b-c_d": true, "": false, ".hidden": false, "a/b": false, strings.Repeat("x", 101): false} {
		if NamesFolder(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
