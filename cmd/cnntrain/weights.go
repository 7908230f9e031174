package main

import (
	"fmt"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/pretrained"
	"cnntrain/internal/table"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type weightsOptions struct {
	file, spec string
	sets       []string
	json       bool
}

func newWeights(s *streams) *cobra.Command {
	o := &weightsOptions{}
	cmd := &cobra.Command{
		Use:   "weights FILE [SPEC|RUN]",
		Short: "List the weights in a file, or what a model would take of them",
		Long: `Lists the tensors in a file of weights: .safetensors of cnntrain or PyTorch, .h5,
.keras and .weights.h5 of Keras, .pth and .pt of PyTorch. With a spec, shows which of them
fit --weights would take: by name where the shapes fit, else by order and shape, turned to
Keras's layout where they are PyTorch's. Nothing in a file is executed.`,
		Example: `  cnntrain weights resnet18.pth
  cnntrain weights resnet18.pth specs/resnet18.yaml`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			o.file = experiment.WeightsFile(args[0])
			if len(args) == 1 {
				if len(o.sets) > 0 {
					return usagef("--set overrides an option of a spec; name the spec after the file")
				}
				return listWeights(o, s)
			}
			o.spec = args[1]
			return assignWeights(o, s)
		},
	}
	addSetFlag(cmd, &o.sets)
	addJSONFlag(cmd, &o.json)
	return cmd
}

type tensorJSON struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	Type  string `json:"type"`
}

// listWeights lists the tensors in a file.
func listWeights(o *weightsOptions, s *streams) error {
	list := []tensorJSON{}
	var format pretrained.Format
	values := 0
	err := pretrained.Open(o.file, func(f *pretrained.File) error {
		format = f.Format
		for _, t := range f.Tensors {
			n := 1
			for _, d := range t.Shape {
				n *= d
			}
			values += n
			list = append(list, tensorJSON{t.Name, append([]int{}, t.Shape...), strings.ToLower(t.Type.Name)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.json {
		return s.printJSON(map[string]any{"format": format, "tensors": list})
	}
	t := table.New(s.out)
	for _, row := range list {
		t.Printf("%s\t%s\t%s\n", row.Name, shapeText(row.Shape), row.Type)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	err = s.printf("%s: %s of %s, %s values\n", o.file, words.Count(len(list), "tensor"), format, words.Commas(values))
	return err
}

// shapeText formats a shape as 3x3x64; that of a single value is "1".
func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "1"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", "x"), "[]")
}

// assignWeights lists which tensors of a file would be loaded into the model of a spec.
func assignWeights(o *weightsOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	e, err := experiment.Load(o.spec, overrides)
	if err != nil {
		return err
	}
	a, err := e.Assignment(o.file)
	if err != nil {
		return err
	}
	if o.json {
		rows := []map[string]any{}
		for _, r := range a.Rows {
			rows = append(rows, map[string]any{"layer": orNil(r.Layer), "from": orNil(r.From), "shapes": r.Shapes})
		}
		return s.printJSON(map[string]any{"rows": rows, "notes": append([]string{}, a.Notes...)})
	}
	t := table.New(s.out)
	t.Printf("Layer\tWeights\tFrom\n")
	for _, r := range a.Rows {
		var shapes []string
		for _, shape := range r.Shapes {
			shapes = append(shapes, shapeText(shape))
		}
		layer, from := r.Layer, r.From
		if from == "" {
			from = "(new)"
		}
		if layer == "" {
			layer = "(left)"
		}
		t.Printf("%s\t%s\t%s\n", layer, strings.Join(shapes, ", "), from)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range a.Summary() {
		if err := s.printf("%s\n", line); err != nil {
			return err
		}
	}
	return nil
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
