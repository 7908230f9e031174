package main

import (
	"context"
	"errors"
	"fmt"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/interop"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type importOptions struct {
	file      string
	weights   string
	dataset   string
	classes   []string
	rescaling string
	dataDir   string
	name      string
	out       string
}

func newImport(s *streams) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import FILE --dataset DATASET",
		Short: "Import a model saved by Keras as a run",
		Long: `Writes a run folder from a model saved by Keras 2 or 3: an .h5 or .keras file, or the
JSON of a model with its weights in another file. The model may be Sequential or
functional, and may contain nested models, if its layers form a chain and all exist in
specs. Layers and options without effect on inference are dropped; import lists them.

A Keras file does not name the dataset of the model. --dataset does, for eval and
predict; --classes alone is enough for predict. The input is pixels from 0 to 255, as
everywhere in cnntrain. If the model was trained on pixels divided by 255 and has no
Rescaling layer, add --rescaling 1/255. If the model does not begin with rescaling and
the images of the dataset are present, import tries some of them both ways.`,
		Example: `  cnntrain import model.keras --dataset cifar10
  cnntrain eval runs/model/1
  cnntrain import model.h5 --dataset ./photos --rescaling 1/255
  cnntrain import model.json --weights model.weights.h5 --classes cat,dog`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if o.dataset == "" && o.classes == nil {
				if _, err := o.read(); err != nil { // a dataset would not help
					return err
				}
				return usagef("--dataset is missing: a Keras file does not say what the model is for, and a run has to; name a dataset (see cnntrain data list) or a folder of class folders, or name the classes alone with --classes")
			}
			if o.dataset == "" && o.dataDir != "" {
				return usagef("--data-dir: is the folder in which --dataset is; name that too, or leave it out")
			}
			return runImport(cmd.Context(), o, s)
		},
	}
	addTextFlag(cmd, &o.weights, "weights", "the model's weights, if `FILE` holds only its JSON")
	addTextFlag(cmd, &o.dataset, "dataset", "`DATASET` of the model: a name, or the path of a folder of class folders")
	cmd.Flags().StringSliceVar(&o.classes, "classes", nil, "class `NAMES` in the order of the outputs: cat,dog (default: those of the dataset)")
	addTextFlag(cmd, &o.rescaling, "rescaling", "insert a rescaling layer before the first layer: `SCALE` or SCALE,OFFSET, such as 1/255 or 1/127.5,-1")
	addTextFlag(cmd, &o.name, "name", "`NAME` of the model and of its folder of runs (default: its name in Keras)")
	cmd.Flags().Var((*filePath)(&o.out), "out", "write the run to `DIR`, which must be empty or new (default runs/NAME/N)")
	addDataDirFlag(cmd, &o.dataDir)
	return cmd
}

func runImport(ctx context.Context, o *importOptions, s *streams) error {
	k, err := o.read()
	if err != nil {
		return err
	}
	rescaled := k.Rescaled()
	if o.rescaling != "" {
		if rescaled {
			return usagef("--rescaling %s: the model has a rescaling of its own in front", o.rescaling)
		}
		if err := k.Rescale(o.rescaling); err != nil {
			return usagef("--rescaling %s: %v", o.rescaling, err)
		}
	}
	e, model, err := o.build(k)
	if err != nil {
		return err
	}
	sets, err := o.data(ctx, e, s)
	if err != nil {
		return err
	}
	classes, err := o.classNames(e, sets)
	if err != nil {
		return err
	}
	about := runs.Dataset{Name: e.Data.Name, Classes: classes}
	if o.dataset != "" {
		if about.DataDir, err = e.AbsDataDir(o.dataDir); err != nil {
			return err
		}
	}
	if sets != nil {
		about.Path = sets.Dir
	}
	r, err := e.NewRun(o.out, o.file, runs.Info{Spec: o.file, Status: runs.Finished, Reason: runs.ReasonImported, Dataset: about})
	if err != nil {
		return err
	}
	meta, err := e.Metadata(classes, 0)
	if err == nil {
		err = checkpoint.Write(r.Path(runs.BestFile), model.Weights(), meta)
	}
	if err != nil {
		return errors.Join(err, r.Discard())
	}
	r.Keep()
	if len(k.Notes) > 0 {
		s.logf("%s: not as it is in Keras:", o.file)
	}
	for _, note := range k.Notes {
		s.logf("  %s", note)
	}
	if !rescaled && o.rescaling == "" {
		if err := o.tryRescaling(ctx, k, e, model, sets, s); err != nil {
			return err
		}
	}
	err = s.printf("%s: %s, %s\n", r.Dir, words.Count(len(e.Plan.Layers), "layer"), words.Count(r.Info.Params, "parameter"))
	if err == nil && o.dataset != "" {
		s.logf("to train it further: %s", commandLine("fit", r.Dir, "--weights", r.Dir))
	}
	return err
}

func (o *importOptions) read() (*interop.KerasFile, error) {
	if o.weights != "" {
		return interop.ReadKerasPair(o.file, o.weights)
	}
	return interop.ReadKeras(o.file)
}

// build returns an experiment for the model, with a data section, and the model with its
// weights.
func (o *importOptions) build(k *interop.KerasFile) (*experiment.Experiment, *builder.Model, error) {
	doc, err := k.Document()
	if err != nil {
		return nil, nil, err
	}
	set, flag := o.dataset, "--dataset "+o.dataset
	if set == "" {
		set, flag = noImages, "--classes"
	}
	overrides := []spec.Override{{Path: []string{"data", "dataset"}, Value: spec.Scalar(set), Flag: flag}}
	if d, err := decodeDataset(set, flag); err == nil && dataset.Resizes(d) { // as Keras decodes JPEGs
		overrides = append(overrides, spec.Override{Path: []string{"data", "dataset", "jpeg_dct"}, Value: spec.Scalar("fast"), Flag: flag})
	}
	if o.name != "" {
		overrides = append(overrides, spec.Override{Path: []string{"name"}, Value: spec.Scalar(o.name), Flag: "--name " + o.name})
	}
	var problems spec.Problems
	e, err := experiment.New(spec.Parse(o.file+" (spec)", doc, overrides, &problems), &problems)
	if err != nil {
		return nil, nil, err
	}
	weights, err := k.Weights(e.Plan)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.file, err)
	}
	model := e.Plan.NewModel(uint64(e.Train.Seed))
	return e, model, experiment.SetWeights(model, &checkpoint.File{Tensors: weights}, o.file)
}
