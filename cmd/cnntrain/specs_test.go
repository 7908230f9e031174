package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// params is Keras's count for each seed spec: all, and those that are not trained.
var params = map[string][2]int{
	"lenet5":       {62_006, 0},
	"lenet5-mnist": {61_706, 0},
	"quickstart":   {14_938, 0},
}

func TestSpecsHaveTheParametersOfKeras(t *testing.T) {
	paths, err := filepath.Glob("../../specs/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no specs (%v)", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			e, err := loadExperiment(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := params[name]
			if !ok {
				t.Fatal("needs a row in the table of parameters")
			}
			trainable, frozen := e.plan.Params()
			if got := [2]int{trainable + frozen, frozen}; got != want {
				t.Errorf("%v parameters, want %v", got, want)
			}
			if e.spec.Name != name {
				t.Errorf("is called %q inside", e.spec.Name)
			}
		})
	}
}

func TestSpecDocIsUpToDate(t *testing.T) {
	const path = "../../docs/SPEC.md"
	if *update {
		if err := os.WriteFile(path, []byte(specDoc()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != specDoc() {
		t.Error("docs/SPEC.md is not what the code says; run go generate ./cmd/cnntrain")
	}
}

// Examples in the documentation are specs that work.
func TestSpecsInTheDocumentsAreValid(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/SPEC.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
			code, _, _ := strings.Cut(part, "```")
			if !strings.Contains(code, "\ninput:") || !strings.Contains(code, "\nlayers:") {
				continue // a part of a spec
			}
			found++
			file := filepath.Join(t.TempDir(), "example.yaml")
			if err := os.WriteFile(file, []byte(code), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := loadExperiment(file, nil); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		if found == 0 {
			t.Errorf("%s shows no spec", path)
		}
	}
}

// The order of the listing is that of the document; every example decodes.
func TestEveryEntryHasDocumentationAndAnExample(t *testing.T) {
	for _, l := range listings {
		for _, name := range l.Names() {
			info := l.Info(name)
			if info.Doc == "" || info.Example == "" {
				t.Errorf("%s %s needs documentation and an example", l.Kind(), name)
			}
			if !strings.HasPrefix(info.Example, name) {
				t.Errorf("%s %s: the example is of %q", l.Kind(), name, info.Example)
			}
			for _, f := range info.Fields {
				if f.Doc == "" || f.Kind() == "" {
					t.Errorf("%s %s: option %s needs documentation", l.Kind(), name, f.Name)
				}
			}
		}
	}
}
