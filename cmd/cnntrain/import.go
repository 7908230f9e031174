package main

import (
	"fmt"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/experiment"
	"cnntrain/internal/interop"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type importOptions struct {
	file    string
	dataset string
	name    string
	out     string
}

func newImport(s *streams) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import FILE.h5 --dataset DATASET",
		Short: "Make a run of a model that Keras saved",
		Long: `Makes a run folder of a Keras model in an .h5 file: a Sequential model of the layers
that specs have. Keras does not say what the model was trained on; --dataset does,
so that eval knows. What goes in is pixels from 0 to 255, as everywhere in
cnntrain: if the model got them otherwise, put a Rescaling layer in front of it.`,
		Example: `  cnntrain import model.h5 --dataset cifar10
  cnntrain eval runs/model/1`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.file = args[0]
			if o.dataset == "" {
				return usagef("--dataset is missing: a Keras file does not say what the model is for, and a run has to; name a dataset (see cnntrain data list) or a folder of class folders")
			}
			return runImport(o, s)
		},
	}
	cmd.Flags().StringVar(&o.dataset, "dataset", "", "`DATASET` that the model classifies, a name or the path of a folder of class folders")
	cmd.Flags().StringVar(&o.name, "name", "", "`NAME` of the model and of its folder of runs (default: the one it has in Keras)")
	cmd.Flags().StringVar(&o.out, "out", "", "write the run to `DIR`, which must be empty or new (default runs/NAME/N)")
	return cmd
}

func runImport(o *importOptions, s *streams) error {
	k, err := interop.ReadKeras(o.file)
	if err != nil {
		return err
	}
	e, err := o.experiment(k)
	if err != nil {
		return err
	}
	weights, err := k.Weights(e.Plan)
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	model := e.Plan.NewModel(uint64(e.Train.Seed))
	if err := experiment.SetWeights(model, &checkpoint.File{Tensors: weights}, o.file); err != nil {
		return err
	}
	r, err := e.NewRun(o.out, o.file, runs.Info{
		Spec: o.file, Status: runs.Finished, Reason: "imported, not trained here",
		Dataset: runs.Dataset{Name: e.Data.Name, Classes: e.Data.Dataset.Classes()},
	})
	if err != nil {
		return err
	}
	meta, err := e.Metadata(e.Data.Dataset.Classes(), 0)
	if err != nil {
		return err
	}
	if err := checkpoint.Write(r.Path(runs.BestFile), model.Weights(), meta); err != nil {
		return err
	}
	for _, note := range k.Notes {
		s.logf("%s: %s", o.file, note)
	}
	_, err = fmt.Fprintf(s.out, "%s: %s, %s\n", r.Dir, words.Count(len(e.Plan.Layers), "layer"), words.Count(r.Info.Params, "parameter"))
	return err
}

// experiment makes a spec of the model, with a data section.
func (o *importOptions) experiment(k *interop.KerasFile) (*experiment.Experiment, error) {
	doc, err := k.Document()
	if err != nil {
		return nil, err
	}
	overrides := []spec.Override{{Path: []string{"data", "dataset"}, Value: spec.Scalar(o.dataset), Flag: "--dataset " + o.dataset}}
	if o.name != "" {
		overrides = append(overrides, spec.Override{Path: []string{"name"}, Value: spec.Scalar(o.name), Flag: "--name " + o.name})
	}
	var problems spec.Problems
	return experiment.New(spec.Parse(o.file+" (spec)", doc, overrides, &problems), &problems)
}
