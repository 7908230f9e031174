package main

import (
	"io"

	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
)

// drawPictures writes the pictures of a run that is over into its folder.
func (f *fit) drawPictures() error {
	pictures := map[string]*plot.Picture{
		runs.CurvesFile: plot.Curves(curveCharts([]*runs.Run{f.run})...),
	}
	if f.tested != nil {
		pictures[runs.ConfusionFile] = plot.Confusion(f.sets.Classes, f.tested.Confusion)
	}
	for file, p := range pictures {
		if err := f.run.Write(file, func(w io.Writer) error { return p.Write(w, plot.PNG) }); err != nil {
			return err
		}
	}
	return nil
}
