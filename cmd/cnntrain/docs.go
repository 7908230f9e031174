package main

import (
	_ "embed"
	"fmt"
	"strings"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/loss"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/slurm"
	"cnntrain/internal/sweep"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"
	"cnntrain/internal/train/schedule"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

//go:generate sh -c "go run . docs > spec.new && mv spec.new ../../docs/SPEC.md || { rm -f spec.new; exit 1; }"
//go:generate sh -c "go run . docs --man > man.new && mv man.new ../../docs/cnntrain.1 || { rm -f man.new; exit 1; }"

// newDocs writes docs/SPEC.md or docs/cnntrain.1 from the program, so that they describe
// what it does.
func newDocs(s *streams) *cobra.Command {
	var man bool
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "Write docs/SPEC.md",
		Hidden: true,
		Args:   exactly(0),
		RunE: func(*cobra.Command, []string) error {
			text := specDoc
			if man {
				text = manPage
			}
			_, err := fmt.Fprint(s.out, text())
			return err
		},
	}
	cmd.Flags().BoolVar(&man, "man", false, "write docs/cnntrain.1")
	return cmd
}

// specIntro is the hand-written part of docs/SPEC.md.
//
//go:embed spec_intro.md
var specIntro string

// sweepIntro is the hand-written part about sweep files.
//
//go:embed sweep_intro.md
var sweepIntro string

// listings is every catalog, in the order of the document.
var listings = []catalog.Listing{
	layer.Layers, initializer.Initializers, regularizer.Regularizers, dataset.Datasets, loss.Losses,
	optimizer.Optimizers, schedule.Schedules, metric.Metrics, callback.Callbacks, sweep.Searches,
}

func specDoc() string {
	var b strings.Builder
	b.WriteString(specIntro)
	b.WriteString("\n## The data section\n\n" + fieldTable(fieldsOf("data")))
	b.WriteString("\n## The weights section\n\n`weights: FILE` is `weights: {file: FILE}`.\n\n" + fieldTable(fieldsOf("weights")))
	b.WriteString("\n## The train section\n\n" + fieldTable(fieldsOf("train")) + groupTables(fieldsOf("train")))
	b.WriteString("\n## Sweep files\n\n" + sweepIntro + "\n" + fieldTable(catalog.Fields((&sweep.Config{}).Options)))
	b.WriteString("\nA range of numbers, `{min: 0.001, max: 0.1, log: true}`, has the options\n\n" + fieldTable(catalog.Fields((&sweep.Range{}).Options)))
	b.WriteString("\nThe section `slurm`, `{account: vision, time: \"4:00:00\", cpus: 8, memory: 8G}`, has the options\n\n" + fieldTable(catalog.Fields((&slurm.Resources{}).Options)))
	for _, l := range listings {
		title := words.Plural(l.Kind())
		fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(title[:1]), title[1:])
		for _, name := range l.Names() {
			b.WriteString("\n" + entryDoc(l.Info(name)))
		}
	}
	return b.String()
}

// entryDoc is the section for one entry.
func entryDoc(e catalog.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", e.Name)
	if e.Keras != "" {
		fmt.Fprintf(&b, "Keras: `%s`\n\n", strings.Join(append([]string{e.Keras}, e.Also...), "`, `"))
	}
	fmt.Fprintf(&b, "%s\n\n```yaml\n%s\n```\n", e.Doc, e.Example)
	if len(e.Fields) > 0 {
		b.WriteString("\n" + fieldTable(e.Fields))
	}
	return b.String()
}

// groupTables is the tables of the options that have options of their own.
func groupTables(fields []*catalog.Field) string {
	var b strings.Builder
	for _, f := range fields {
		if own := f.Group(); own != nil {
			fmt.Fprintf(&b, "\n`%s` has the options\n\n%s", f.Name, fieldTable(own))
		}
	}
	return b.String()
}

func fieldTable(fields []*catalog.Field) string {
	var b strings.Builder
	b.WriteString("| option | value | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range fields {
		value := f.Kind()
		if e := f.Expected(); e != "" {
			value += ": " + e
		}
		def := f.Default
		switch {
		case f.IsRequired():
			def = "**required**"
		case def != "":
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, value, def, f.Doc)
	}
	return b.String()
}
