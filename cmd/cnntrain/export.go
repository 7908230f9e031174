package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/experiment"
	"cnntrain/internal/interop"
	"cnntrain/internal/spec"
	"cnntrain/internal/trained"

	"github.com/spf13/cobra"
)

type exportOptions struct {
	path   string
	format string
	out    string
	force  bool
}

type exportFormat struct {
	name, ending string
	write        func(io.Writer, *interop.Model) error // nil: checkpoint
}

// exportFormats are the formats of exported models. The first one that matches the file's
// extension is used.
var exportFormats = []exportFormat{
	{"keras-weights", ".weights.h5", interop.WriteKerasWeights},
	{"keras", ".h5", interop.WriteKeras},
	{"keras-v3", ".keras", interop.WriteKerasZip},
	{"onnx", ".onnx", interop.WriteONNX},
	{"safetensors", ".safetensors", nil},
}

func newExport(s *streams) *cobra.Command {
	o := &exportOptions{}
	var names []string
	for _, f := range exportFormats {
		names = append(names, f.name)
	}
	cmd := &cobra.Command{
		Use:   "export RUN|FILE -o FILE",
		Short: "Write a trained model for Keras, ONNX or safetensors",
		Long: `Writes the best weights of a run, or those in a .safetensors file written by
cnntrain, with the model:

  keras          .h5: load_model of tf.keras 2.15 and Keras 3 opens it, compiled
  keras-v3       .keras: the same in Keras 3's own format
  keras-weights  .weights.h5: the weights alone, for model.load_weights of both
  onnx           .onnx: opset 17, float32; images [batch, height, width, channels]
                 from 0 to 255 in, probabilities out; the names of the classes and
                 the shape of an image in metadata_props
  safetensors    .safetensors: the weights, with the spec and the classes

From a run's last.safetensors, the optimizer state is written for Keras too, so that
fit continues there as it would here.`,
		Example: `  cnntrain export runs/lenet5/1 -o lenet5.keras
  cnntrain export runs/lenet5/1/last.safetensors -o lenet5.h5
  cnntrain export runs/lenet5/1 -o lenet5.onnx`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.path = args[0]
			if o.out == "" {
				return usagef("--out is missing: the file to write, such as model.h5 or model.onnx")
			}
			f, err := o.chosen()
			if err != nil {
				return err
			}
			return runExport(f, o, s)
		},
	}
	cmd.Flags().VarP((*filePath)(&o.out), "out", "o", "write `FILE`")
	addTextFlag(cmd, &o.format, "format", "`FORMAT`: "+strings.Join(names, ", ")+" (default: by the file's extension)")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite the file if it exists")
	return cmd
}

// chosen returns the format that --format or the ending of the file tells.
func (o *exportOptions) chosen() (*exportFormat, error) {
	var names []string
	var named, ending *exportFormat
	for i := range exportFormats {
		f := &exportFormats[i]
		names = append(names, f.name)
		if f.name == o.format {
			named = f
		}
		if ending == nil && strings.HasSuffix(o.out, f.ending) {
			ending = f
		}
	}
	switch {
	case o.format == "" && ending == nil:
		return nil, usagef("--out %s: its ending tells no format; add --format with one of %s", o.out, strings.Join(names, ", "))
	case o.format == "":
		return ending, nil
	case named == nil:
		return nil, usagef("--format %s: unknown%s", o.format, spec.Hint(o.format, names))
	case ending != nil && ending != named:
		return nil, usagef("--out %s: %s is the ending of %s, and --format is %s; leave --format out, or choose another name", o.out, ending.ending, ending.name, o.format)
	}
	return named, nil
}

func runExport(f *exportFormat, o *exportOptions, s *streams) error {
	if err := checkpoint.CheckFile(o.out); err != nil {
		return err
	}
	if exists(o.out) && !o.force {
		return fmt.Errorf("%s: exists already; choose another name, or add --force to replace it", o.out)
	}
	t, err := trained.Open(o.path)
	if err != nil {
		return err
	}
	s.showEdited(o.path, t)
	if isSameFile(o.out, t.File) {
		return usagef("--out %s: is the file to export; choose another name", o.out)
	}
	m, err := export(t, o.out, f.write)
	if err != nil {
		return err
	}
	if strings.HasPrefix(f.name, "keras") {
		for _, note := range m.KerasNotes(f.name) {
			s.logf("%s: %s", o.out, note)
		}
	}
	return s.printf("%s: %s of %s\n", o.out, f.name, t.File)
}

func isSameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, errOther := os.Stat(b)
	return err == nil && errOther == nil && os.SameFile(one, other)
}

// export writes the model to a file and returns it.
func export(t *trained.Model, file string, write func(io.Writer, *interop.Model) error) (*interop.Model, error) {
	f, err := checkpoint.Read(t.File)
	if err != nil {
		return nil, err
	}
	if write == nil || t.Rebuilt != "" { // best.safetensors has no state either
		experiment.DropState(f)
	}
	m, err := t.Interop(f, t.Net.Weights())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.File, err)
	}
	m.Classes = t.Classes
	if write == nil {
		return m, checkpoint.Write(file, t.Net.Weights(), f.Metadata)
	}
	return m, checkpoint.WriteFile(file, func(w io.Writer) error { return write(w, m) })
}
