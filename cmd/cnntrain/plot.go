package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/trained"

	"github.com/spf13/cobra"
)

type plotOptions struct {
	evalOptions // paths, and options for evaluating a model
	out, kind   string
	image       string // of gradcam
	class       string // of gradcam: whose evidence is shown; empty: the predicted one
	layer       string // of gradcam; empty: the last convolution
}

// plotKinds lists the kinds of pictures and what each is drawn from.
var plotKinds = []struct{ name, what string }{
	{"curves", "loss and metrics of each epoch, of one or several runs"},
	{"confusion", "the predicted classes of the examples of each class"},
	{"classes", "recall and precision of each class"},
	{"confused", "images of the classes that are confused most often"},
	{"mistakes", "the misclassified images of which the model was most confident"},
	{"gradcam", "where in an image the model sees evidence for a class (Grad-CAM)"},
	{"filters", "the filters of the first convolution"},
	{"architecture", "the layers of a spec or a run, with their branches"},
}

// testedKinds are the kinds that are drawn from predictions for a dataset.
var testedKinds = []string{"confusion", "classes", "confused", "mistakes"}

func newPlot(s *streams) *cobra.Command {
	o := &plotOptions{}
	var names []string
	help := "Draws the training curves of one or several runs, or another --kind of picture:\n\n"
	for _, k := range plotKinds {
		names = append(names, k.name)
		help += fmt.Sprintf("  %-13s %s\n", k.name, k.what)
	}
	cmd := &cobra.Command{
		Use:   "plot RUN|SPEC... [IMAGE] -o FILE",
		Short: "Draw training curves, a confusion matrix, filters or the architecture",
		Long:  help + "\nFor a spec, the architecture is drawn.",
		Example: `  cnntrain plot runs/lenet5/1 runs/lenet5/2 -o curves.png
  cnntrain plot runs/lenet5/1 --kind confusion -o confusion.svg
  cnntrain plot runs/photos/1 --kind mistakes -o mistakes.png
  cnntrain plot runs/photos/1 cat.jpg --kind gradcam -o why.png
  cnntrain plot specs/vgg16.yaml -o net.svg`,
		Args: atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = withoutLogs(args)
			o.paths = args
			switch {
			case !slices.Contains(names, o.kind):
				return usagef("--kind %s: no such kind of picture%s", o.kind, spec.Hint(o.kind, names))
			case !cmd.Flags().Changed("kind") && isSpec(args[0]):
				o.kind = "architecture"
			}
			if o.kind == "gradcam" {
				if len(args) != 2 {
					return usagef("--kind gradcam: a model and an image are needed; write: plot RUN IMAGE --kind gradcam -o FILE")
				}
				o.paths, o.image = args[:1], args[1]
			} else if o.class != "" || o.layer != "" {
				return usagef("--class and --layer go with --kind gradcam")
			}
			if len(o.paths) > 1 && o.kind != "curves" {
				return usagef("--kind %s: draws one model at a time", o.kind)
			}
			if len(args) == 2 && o.kind == "curves" {
				if info, err := os.Stat(args[1]); err == nil && info.Mode().IsRegular() {
					return usagef("%s: is a file, and no run; to see where in an image the model looks, add --kind gradcam", args[1])
				}
			}
			for _, name := range []string{"split", "dataset", "data-dir"} {
				if cmd.Flags().Changed(name) && !slices.Contains(testedKinds, o.kind) {
					return usagef("--%s: goes with --kind %s; --kind %s looks at no data", name, strings.Join(testedKinds, ", "), o.kind)
				}
			}
			if err := o.checkData(cmd); err != nil {
				return err
			}
			if err := checkPicture(o.out); err != nil {
				return err
			}
			return runPlot(cmd.Context(), o, s)
		},
	}
	addPictureFlag(cmd, &o.out)
	cmd.Flags().StringVar(&o.kind, "kind", "curves", "`KIND` of picture: "+strings.Join(names, ", "))
	o.addDataFlags(cmd)
	addTextFlag(cmd, &o.class, "class", "with --kind gradcam, show the evidence for `CLASS` (default: the predicted class)")
	addTextFlag(cmd, &o.layer, "layer", "with --kind gradcam, look at the output of `LAYER` (default: the last convolution)")
	addComputeFlags(cmd)
	return cmd
}

// isSpec reports whether path names a spec rather than a run.
func isSpec(path string) bool {
	ending := filepath.Ext(path)
	info, err := os.Stat(path)
	return (ending == ".yaml" || ending == ".yml") && (err != nil || !info.IsDir())
}

func runPlot(ctx context.Context, o *plotOptions, s *streams) error {
	p, err := o.picture(ctx, s)
	if err != nil {
		return err
	}
	if err := savePicture(ctx, o.out, p, s); err != nil {
		return err
	}
	err = s.printf("%s: %s of %s\n", o.out, o.kind, strings.Join(o.paths, ", "))
	return err
}

func (o *plotOptions) picture(ctx context.Context, s *streams) (*plot.Picture, error) {
	path := o.paths[0]
	switch o.kind {
	case "curves":
		return curvesOf(o.paths)
	case "architecture":
		e, err := experiment.Load(path, nil)
		if err != nil {
			return nil, err
		}
		return architecturePicture(e), nil
	}
	t, err := trained.Open(path)
	if err != nil {
		return nil, err
	}
	s.showEdited(path, t)
	switch o.kind {
	case "filters":
		return filtersPicture(t)
	case "gradcam":
		return t.GradCAM(o.image, o.class, o.layer)
	}
	on, err := o.on(s)
	if err != nil {
		return nil, err
	}
	d, err := t.Test(ctx, path, on)
	if err != nil {
		return nil, err
	}
	switch o.kind {
	case "confusion":
		return d.Confusion(), nil
	case "classes":
		return d.Classes(), nil
	}
	sheet, err := d.Confused()
	if o.kind == "mistakes" {
		sheet, err = d.Surest()
	}
	if err != nil {
		return nil, err
	}
	return plot.Contact(sheet), nil
}

// curvesOf draws the curves of runs, each of which must have completed an epoch.
func curvesOf(dirs []string) (*plot.Picture, error) {
	var all []*runs.Run
	for _, dir := range dirs {
		r, err := runs.Open(dir)
		if err != nil {
			return nil, err
		}
		if len(r.Info.Epochs) == 0 {
			return nil, fmt.Errorf("%s: has no epoch yet to draw", dir)
		}
		all = append(all, r)
	}
	return plot.Curves(experiment.Curves(all)...), nil
}
