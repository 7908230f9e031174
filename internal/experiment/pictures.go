package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"cnntrain/internal/plot"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
)

// createEvents creates the TensorBoard file of a run. TensorBoard reads several files in
// the order of their names, so a resumed run writes a new one.
func createEvents(r *runs.Run) (*os.File, error) {
	for at := time.Now().Unix(); ; at++ { // one that was stopped in this second has a file
		f, err := os.OpenFile(r.Path(fmt.Sprintf("%s.%d.cnntrain", runs.EventsFile, at)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// Confusion draws the confusion matrix of r, or, where several classes can be true of an
// image, the decisions about each class.
func Confusion(classes []string, r *train.Result) *plot.Picture {
	if r.Decisions == nil {
		return plot.Confusion(classes, r.Confusion)
	}
	counts := make([][4]int, len(r.Decisions))
	for i, d := range r.Decisions {
		counts[i] = [4]int{d.Found, d.Missed, d.False, d.Absent}
	}
	return plot.Decisions(classes, counts)
}

// drawPictures writes the pictures of a finished run into its folder. Failures are only
// reported, since the run is complete without pictures; only ctx's error is returned.
func (f *fit) drawPictures(ctx context.Context) error {
	pictures := map[string]*plot.Picture{
		runs.CurvesFile: plot.Curves(Curves([]*runs.Run{f.run})...),
	}
	if f.tested != nil {
		pictures[runs.ConfusionFile] = Confusion(f.sets.Classes, f.tested)
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
