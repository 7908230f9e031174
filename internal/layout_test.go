// Package internal holds tests across packages: allowed imports, and whether whole models
// give the same numbers as Keras.
package internal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layout lists the packages that each of our packages may import. It is the diagram of
// docs/ARCHITECTURE.md; change it there and here, with a reason, never to make a build
// pass.
const layout = `
	batch, kernels, spec, random, words, shutdown, data/picture/jpeg :
	table               : words
	data/imagecache     : shutdown
	checkpoint, plot    : shutdown words
	catalog             : spec words
	machine             : kernels
	machine/machinetest : machine
	ops                 : kernels
	builder/initializer : catalog random
	builder/regularizer : catalog ops
	builder/layer       : batch catalog ops random builder/initializer builder/regularizer
	builder/loss        : catalog ops
	builder             : batch spec catalog checkpoint random ops machine builder/layer builder/loss builder/regularizer
	comm                : kernels
	comm/commtest, comm/mpi : comm
	data/picture        : data/picture/jpeg
	data/dataset        : catalog random shutdown data/imagecache data/picture
	data                : spec catalog random words data/dataset
	data/check          : data data/dataset data/picture
	train/metric, train/schedule : catalog
	train/optimizer     : catalog checkpoint kernels
	train/callback      : catalog checkpoint
	train               : batch spec catalog checkpoint comm data data/dataset train/metric train/optimizer train/schedule train/callback
	runs                : spec checkpoint shutdown words
	slurm               : catalog words
	sweep               : spec catalog random runs shutdown slurm train/callback words
	pretrained          : builder/layer checkpoint interop spec words
	experiment          : builder catalog checkpoint comm comm/mpi data data/dataset data/imagecache interop kernels plot pretrained random runs shutdown spec sweep train train/callback train/optimizer words
	trained             : builder data data/dataset experiment plot runs spec train train/metric words
	interop/hdf5        : checkpoint
	interop             : spec catalog checkpoint builder builder/layer builder/loss interop/hdf5 train/metric train/optimizer train/schedule words
`

func TestImportsRunOneWay(t *testing.T) {
	allowed := map[string][]string{}
	for line := range strings.Lines(layout) {
		packages, imports, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for _, p := range strings.Split(packages, ",") {
			allowed[strings.TrimSpace(p)] = strings.Fields(imports)
		}
	}
	const prefix = "cnntrain/internal/"
	format := `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`
	out, err := exec.Command("go", "list", "-f", format, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(to, "cnntrain/") {
			continue
		}
		from, to = strings.TrimPrefix(from, prefix), strings.TrimPrefix(to, prefix)
		used[from+" "+to] = true
		if imports, ok := allowed[from]; !ok || !slices.Contains(imports, to) {
			t.Errorf("%s imports %s, which the layout does not allow", from, to)
		}
	}
	for from, imports := range allowed {
		for _, to := range imports {
			if !used[from+" "+to] {
				t.Errorf("the layout lets %s import %s, which it does not", from, to)
			}
		}
	}
}

// Every module in go.mod has its reason in docs/DEPENDENCIES.md, and no other module does.
func TestDependenciesHaveReasons(t *testing.T) {
	text, err := os.ReadFile("../docs/DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	type module struct {
		Path     string
		Indirect bool
	}
	var mod struct{ Require, Tool []module }
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{} // module: whether a row names it or one of its packages
	for _, m := range mod.Require {
		if !m.Indirect || slices.ContainsFunc(mod.Tool, func(tool module) bool { return within(tool.Path, m.Path) }) {
			named[m.Path] = false
		}
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for i, name := range strings.Split(strings.Split(line, "|")[1], "`") {
			if i%2 == 0 {
				continue
			}
			known := slices.IndexFunc(mod.Require, func(m module) bool { return within(name, m.Path) })
			if known < 0 {
				t.Errorf("docs/DEPENDENCIES.md has a reason for %s, which go.mod does not require", name)
				continue
			}
			named[mod.Require[known].Path] = true
		}
	}
	for module, ok := range named {
		if !ok {
			t.Errorf("docs/DEPENDENCIES.md has no reason for %s", module)
		}
	}
}

func within(pkg, module string) bool {
	return pkg == module || strings.HasPrefix(pkg, module+"/")
}

// Only the code that downloads datasets, and the command that gives it a client, use the
// network.
func TestOnlyDownloadsUseTheNetwork(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		if to != "net" && !strings.HasPrefix(to, "net/http") && to != "crypto/tls" {
			continue
		}
		if from != "cnntrain/internal/data/dataset" && from != "cnntrain/cmd/cnntrain" {
			t.Errorf("%s imports %s", from, to)
		}
	}
}

// text/tabwriter counts characters, some of which take two columns of a terminal or none.
func TestTablesGoByDisplayWidth(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{.Imports}}`, "cnntrain/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "text/tabwriter") {
			t.Errorf("%.60s… imports text/tabwriter in place of internal/table", line)
		}
	}
}

// In training and in the application, one file each asks which rank this is.
func TestRanksAreBesideTraining(t *testing.T) {
	asks := regexp.MustCompile(`\b(w|World|world)\.(Rank|Size|Local)\(\)`)
	for dir, only := range map[string]string{"train": "team.go", "experiment": "ranks.go"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if found := asks.Find(src); found != nil != (name == only) && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s/%s: found %q; only %s asks for ranks", dir, name, found, only)
			}
		}
	}
}
