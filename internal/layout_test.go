// Package internal tests what no package can test of itself: who imports whom,
// and that whole models have the numbers of Keras.
package internal

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layout says which of our packages each package may import. It is the diagram
// of docs/ARCHITECTURE.md; change it there and here, with a reason, never to
// make a build pass.
const layout = `
	kernels, spec, checkpoint, random, plot, interop/hdf5 :
	catalog             : spec
	ops                 : kernels
	builder/initializer : catalog random
	builder/regularizer : catalog ops
	builder/layer       : catalog ops random builder/initializer builder/regularizer
	builder/loss        : catalog ops
	builder             : spec catalog checkpoint random ops builder/layer builder/loss builder/regularizer
	data/dataset        : catalog random
	data                : spec catalog random data/dataset
	train/metric, train/schedule : catalog
	train/optimizer     : catalog checkpoint kernels
	train/callback      : catalog checkpoint
	train               : spec catalog checkpoint data data/dataset train/metric train/optimizer train/schedule train/callback
	runs                : spec checkpoint
	sweep               : spec catalog random runs train/callback
	interop             : spec catalog checkpoint builder builder/layer interop/hdf5
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
