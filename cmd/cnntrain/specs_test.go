package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/catalog"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/specs"
)

// params has the numbers of parameters of the source of each seed spec, in Keras or in
// torchvision: total and non-trainable.
var params = map[string][2]int{
	"alexnet":            {29_983_114, 0},
	"cifar10-fast":       {1_973_951, 2_311}, // airbench94 has 1,973,944; the normalization of pixels is outside of its model
	"lenet5":             {62_006, 0},
	"lenet5-all":         {62_910, 452},
	"lenet5-augment":     {62_006, 0},
	"lenet5-bn":          {64_422, 1_208},
	"lenet5-bn-pre":      {62_910, 452},
	"lenet5-dropout":     {62_006, 0},
	"lenet5-mnist":       {61_706, 0},
	"quickstart":         {14_938, 0},
	"vgg13":              {32_394_562, 0},
	"vgg13-bn":           {32_406_338, 5_888},
	"alexnet-two-towers": {60_965_224, 0},
	"convnext-tiny":      {28_589_128, 0},
	"vgg11-bn":           {132_874_344, 5_504},
	"densenet-bc-100-12": {793_150, 23_988},
	"efficientnet-b0":    {5_330_564, 42_016},
	"googlenet":          {6_639_464, 14_560},
	"mobilenet-v2":       {3_538_984, 34_112},
	"mobilenet-v3-small": {2_554_968, 12_112},
	"resnet18":           {11_699_112, 9_600},
	"resnet20":           {274_042, 1_568},
	"resnet50":           {25_610_152, 53_120},
	"squeezenet":         {1_235_496, 0},
	"wide-resnet-16-8":   {10_968_570, 7_200},
	"resnet56":           {860_026, 4_256},
	"se-resnet20":        {276_415, 1_568},
	"vgg16":              {37_704_258, 0},
	"vgg16-bn":           {37_721_154, 8_448},
	"vgg19":              {43_072_738, 29_392},
}

func TestSpecsHaveTheParametersOfKeras(t *testing.T) {
	paths, err := filepath.Glob("../../specs/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no specs (%v)", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			e, err := experiment.Load(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := params[name]
			if !ok {
				t.Fatal("needs a row in the table of parameters")
			}
			trainable, frozen := e.Plan.Params()
			if got := [2]int{trainable + frozen, frozen}; got != want {
				t.Errorf("%v parameters, want %v", got, want)
			}
			if e.Spec.Name != name {
				t.Errorf("is called %q inside", e.Spec.Name)
			}
		})
	}
}

// upToDate compares a file written by go generate with what it would write now.
func upToDate(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is not what the code says; run go generate ./cmd/cnntrain", path)
	}
}

func TestGeneratedDocumentsAreUpToDate(t *testing.T) {
	upToDate(t, "../../docs/SPEC.md", specDoc())
	upToDate(t, "../../docs/cnntrain.1", manPage())
	var out bytes.Buffer
	if code := run(t.Context(), []string{"schema"}, newStreams(&out, io.Discard, nil)); code != 0 {
		t.Fatal(code)
	}
	upToDate(t, "../../specs/"+schemaFile, out.String())
}

func TestSpecsNameTheirSchema(t *testing.T) {
	for _, name := range specs.Names() {
		if !bytes.HasPrefix(specs.Text(name), []byte("# yaml-language-server: $schema="+schemaFile+"\n")) {
			t.Errorf("%s does not start with the line that editors want", name)
		}
	}
}

// understand reads a spec as every command does.
func understand(text string) error {
	var problems spec.Problems
	_, err := experiment.New(spec.Parse("example.yaml", []byte(text), nil, &problems), &problems)
	return err
}

// documentSpecs returns the specs that README and docs/SPEC.md show. Fragments are
// completed; the examples of entries, which have their own test, are left out.
func documentSpecs(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, path := range []string{"../../README.md", "../../docs/SPEC.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before := len(texts)
		for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
			code, _, _ := strings.Cut(part, "```")
			code = "\n" + code
			if !strings.Contains(code, "\ndata:") && !strings.Contains(code, "\nlayers:") {
				continue
			}
			if !strings.Contains(code, "\ninput:") {
				code = "\ninput: [32, 32, 3]" + code
			}
			if !strings.Contains(code, "\ndata:") {
				code += "data: {dataset: shapes}\n"
			}
			switch layers := "  - flatten\n  - dense: {units: 10, activation: softmax}\n"; {
			case !strings.Contains(code, "\nlayers:"):
				code += "layers:\n" + layers
			case !strings.Contains(code, "softmax"):
				code = strings.Replace(code, "\ndata:", "\n"+layers+"data:", 1) // the layers come last
			}
			texts = append(texts, code)
		}
		if len(texts) == before {
			t.Errorf("%s shows no spec", path)
		}
	}
	return texts
}

func TestSpecsInTheDocumentsAreValid(t *testing.T) {
	for _, text := range documentSpecs(t) {
		if err := understand(text); err != nil {
			t.Errorf("%v in%s", err, text)
		}
	}
}

// exampleSpec returns a whole spec with the example of an entry.
func exampleSpec(t *testing.T, kind string, e catalog.Info) string {
	t.Helper()
	item := e.Example // of an option
	if strings.Contains(item, ": ") {
		item = "{" + item + "}"
	}
	input, dataset, layers, units, initializer, train := []int{32, 32, 3}, "shapes", "", 10, "zeros", ""
	activation := "softmax"
	switch kind {
	case "layer":
		layers = "- " + e.Example + "\n"
		if input = e.Input; len(input) == 1 {
			input, layers = []int{1, 1, input[0]}, "- flatten\n"+layers
		}
		dataset = "./photos" // accepts any input
	case "dataset":
		dataset = item
		if d, err := decodeDataset(e.Name, "data"); err == nil {
			input, units = d.Shape(), len(d.Classes())
		}
	case "initializer":
		layers = "- conv2d: {filters: 4, kernel_size: 3, kernel_initializer: " + item + "}\n" // some are for kernels alone
	case "regularizer":
		initializer += ", kernel_regularizer: " + item
	case "loss", "optimizer", "schedule":
		train = kind + ": " + item
		if strings.HasPrefix(e.Name, "binary_") {
			activation = "sigmoid"
		}
	case "metric":
		train = "metrics: [" + item + "]"
	case "callback":
		train = e.Example
	default:
		t.Fatalf("say here where a %s stands in a spec", kind)
	}
	return fmt.Sprintf(`
input: %s
data: {dataset: %s, validation_split: 0.2}
layers:
%s- flatten
- dense: {units: %d, activation: %s, bias_initializer: %s}
train: {%s}
`, strings.ReplaceAll(fmt.Sprint(input), " ", ", "), dataset, layers, units, activation, initializer, train)
}

// specListings are the catalogs whose entries are in a spec, not in a sweep file.
func specListings() []catalog.Listing {
	return slices.DeleteFunc(slices.Clone(listings), func(l catalog.Listing) bool { return l.Kind() == "search" })
}

func TestSeedSweepsAreValid(t *testing.T) {
	t.Chdir("../..")
	paths, err := filepath.Glob("specs/sweeps/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sweeps (%v)", err)
	}
	for _, path := range paths {
		if _, _, err := experiment.PlanSweep(t.Context(), path, experiment.Source{Source: dataset.Source{Offline: true}}); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryExampleIsUnderstood(t *testing.T) {
	for _, l := range specListings() {
		for _, name := range l.Names() {
			if err := understand(exampleSpec(t, l.Kind(), l.Info(name))); err != nil {
				t.Errorf("%s %s: %v", l.Kind(), name, err)
			}
		}
	}
}

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
