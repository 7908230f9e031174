package experiment

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
)

// createEvents makes the file of a run that TensorBoard reads. TensorBoard reads
// several in the order of their names, so that a run that is resumed goes on in a
// file of its own.
func createEvents(r *runs.Run) (*os.File, error) {
	return os.Create(r.Path(fmt.Sprintf("%s.%d.cnntrain", runs.EventsFile, time.Now().Unix())))
}

// drawPictures writes the pictures of a run that is over into its folder. One that fails
// is told of, since the run is no worse without it; what fails is ctx.
func (f *fit) drawPictures(ctx context.Context) error {
	pictures := map[string]*plot.Picture{
		runs.CurvesFile: plot.Curves(Curves([]*runs.Run{f.run})...),
	}
	if f.tested != nil {
		pictures[runs.ConfusionFile] = plot.Confusion(f.sets.Classes, f.tested.Confusion)
	}
	for file, p := range pictures {
		err := f.run.Write(file, func(w io.Writer) error { return p.Write(ctx, w, plot.PNG) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			f.options.Listener.Logf("the run is without %s: %v", file, err)
		}
	}
	plot.TellMissing(f.options.Listener.Logf)
	return nil
}
