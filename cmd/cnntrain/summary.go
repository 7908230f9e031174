package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/table"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type summaryOptions struct {
	path string
	sets []string
	json bool
}

func newSummary(s *streams) *cobra.Command {
	o := &summaryOptions{}
	cmd := &cobra.Command{
		Use:   "summary SPEC|RUN",
		Short: "Show the layers of a model with output shapes and parameters",
		Args:  exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.path = args[0]
			return runSummary(o, s)
		},
	}
	addSetFlag(cmd, &o.sets)
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runSummary(o *summaryOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	e, err := experiment.Load(o.path, overrides)
	if err != nil {
		return err
	}
	if o.json {
		return s.printJSON(summaryJSON(e.Plan))
	}
	return printSummary(s.out, e.Plan)
}

// printSummary writes Keras's table. If the model has branches, it says what each layer reads,
// an input a line; if layers are frozen, which ones are trained.
func printSummary(w io.Writer, p *builder.Plan) error {
	rows := [][]string{{"Layer (type)", "Output Shape", "Param #"}}
	branches, freezes := !p.IsChain(), slices.ContainsFunc(p.Layers, func(l builder.Layer) bool { return l.IsFrozen() })
	if freezes {
		rows[0] = append(rows[0], "Trainable")
	}
	if branches {
		rows[0] = append(rows[0], "Connected to")
	}
	for _, l := range p.Layers {
		trainable, frozen := l.Params()
		row := []string{fmt.Sprintf("%s (%s)", l.Label, l.Type), batchShape(l.Out), words.Commas(trainable + frozen)}
		if freezes {
			row = append(row, trains(&l))
		}
		if !branches {
			rows = append(rows, row)
			continue
		}
		for _, input := range inputNames(p, &l) {
			rows = append(rows, append(row, input))
			row = make([]string, len(row))
		}
	}
	trainable, frozen := p.Params()
	_, err := fmt.Fprintf(w, "Model: %q\n%s Total params: %s (%s)\n Trainable params: %s (%s)\n Non-trainable params: %s (%s)\n",
		p.Name, boxed(rows),
		words.Commas(trainable+frozen), words.Bytes(trainable+frozen),
		words.Commas(trainable), words.Bytes(trainable),
		words.Commas(frozen), words.Bytes(frozen))
	if tuned := p.FineTuned(); tuned != nil && err == nil {
		trainable, _ = tuned.Params()
		_, err = fmt.Fprintf(w, " Trainable params in fine-tuning: %s (%s)\n", words.Commas(trainable), words.Bytes(trainable))
	}
	return err
}

// trains says as Keras does whether a layer is trained: Y, N, or - if it has no weights.
func trains(l *builder.Layer) string {
	switch {
	case len(l.Own) == 0:
		return "-"
	case l.IsFrozen():
		return "N"
	}
	return "Y"
}

// inputNames returns the names of the layers that l reads.
func inputNames(p *builder.Plan, l *builder.Layer) (names []string) {
	for _, i := range l.Inputs {
		if i == spec.Images {
			names = append(names, spec.ImagesName)
		} else {
			names = append(names, p.Layers[i].Label)
		}
	}
	return names
}

// batchShape formats a shape as Keras does: (None, 28, 28, 6).
func batchShape(s layer.Shape) string {
	return "(None, " + strings.ReplaceAll(s.String(), "x", ", ") + ")"
}

// numberColumn is the column of the number of parameters.
const numberColumn = 2

// boxed draws rows in a box; the first row is the header, numbers are aligned right.
func boxed(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = words.OneLine(cell)
			width[i] = max(width[i], table.Width(row[i]))
		}
	}
	rule := func(left, mid, right, line string) string {
		parts := make([]string, len(width))
		for i, w := range width {
			parts[i] = strings.Repeat(line, w+2)
		}
		return left + strings.Join(parts, mid) + right + "\n"
	}
	var b strings.Builder
	b.WriteString(rule("┏", "┳", "┓", "━"))
	for r, row := range rows {
		bar := "│"
		if r == 0 {
			bar = "┃"
		}
		for i, cell := range row {
			space := strings.Repeat(" ", width[i]-table.Width(cell))
			if i == numberColumn && r > 0 {
				cell = space + cell
			} else {
				cell += space
			}
			b.WriteString(bar + " " + cell + " ")
		}
		b.WriteString(bar + "\n")
		if r == 0 {
			b.WriteString(rule("┡", "╇", "┩", "━"))
		}
	}
	b.WriteString(rule("└", "┴", "┘", "─"))
	return b.String()
}

type layerJSON struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	Inputs       []string `json:"inputs"`
	OutputShape  []int    `json:"output_shape"`
	Params       int      `json:"params"`
	NonTrainable int      `json:"non_trainable_params"`
	Trainable    bool     `json:"trainable"`
}

func summaryJSON(p *builder.Plan) map[string]any {
	layers := []layerJSON{}
	for _, l := range p.Layers {
		t, f := l.Params()
		layers = append(layers, layerJSON{l.Label, l.Type, inputNames(p, &l), l.Out, t + f, f, layer.Trains(l.Layer)})
	}
	t, f := p.Params()
	summary := map[string]any{
		"name": p.Name, "input": p.Input, "layers": layers,
		"params": t + f, "trainable_params": t, "non_trainable_params": f,
	}
	if tuned := p.FineTuned(); tuned != nil {
		summary["fine_tuned_params"], _ = tuned.Params()
	}
	return summary
}
