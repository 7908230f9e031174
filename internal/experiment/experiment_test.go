package experiment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/trained"
)

const shapes = `input: [32, 32, 3]
data: {dataset: {shapes: {train: 60, test: 20}}, validation_split: 0.2}
layers:
  - rescaling: 1/255
  - normalization
  - max_pooling2d: 4
  - flatten
  - dropout: 0.2
  - dense: {units: 10, activation: softmax}
train: {epochs: 3, batch_size: 8}
`

func writeSpec(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(shapes), 0o666); err != nil {
		t.Fatal(err)
	}
}

func writePhoto(t *testing.T, file string) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T) *experiment.Experiment {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shapes.yaml")
	writeSpec(t, file)
	e, err := experiment.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A listener records what is reported, and calls a function after each step.
type listener struct {
	lines []string
	step  func(*callback.State)
}

func (l *listener) Logf(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *listener) Watch(*experiment.Experiment, *runs.Run) callback.Callback {
	return callback.Callback{Batch: func(s *callback.State) error {
		if l.step != nil {
			l.step(s)
		}
		return nil
	}}
}

func readBest(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, runs.BestFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The application works within one process: train, stop within an epoch, resume, test,
// predict; the run has the same bytes as an uninterrupted one.
func TestTrainsStopsResumesAndPredicts(t *testing.T) {
	dir := t.TempDir()
	whole, err := load(t).Fit(t.Context(), experiment.Options{Out: filepath.Join(dir, "whole")})
	if err != nil || whole.Info.Status != runs.Finished {
		t.Fatal(whole, err)
	}

	ctx, stop := context.WithCancel(t.Context())
	l := &listener{step: func(s *callback.State) {
		if s.Epoch == 2 && s.Step == 3 {
			stop()
		}
	}}
	cut, err := load(t).Fit(ctx, experiment.Options{Out: filepath.Join(dir, "cut"), Listener: l})
	var unfinished *experiment.UnfinishedError
	if !errors.As(err, &unfinished) || !experiment.Canceled(err) || unfinished.Run != cut.Dir || cut.Info.Status != runs.Interrupted {
		t.Fatalf("stopped: %v", err)
	}

	l = &listener{}
	again, err := experiment.Resume(t.Context(), unfinished.Run, experiment.Options{Listener: l})
	if err != nil || again.Info.Status != runs.Finished || again.Info.Resumed != 1 {
		t.Fatal(again, err)
	}
	if want := "resuming " + cut.Dir + " within epoch 2, from last.safetensors"; len(l.lines) != 1 || l.lines[0] != want {
		t.Errorf("said %q, want %q", l.lines, want)
	}
	if !bytes.Equal(readBest(t, again.Dir), readBest(t, whole.Dir)) {
		t.Error("the run that was resumed has other weights")
	}
	if _, err := experiment.Resume(t.Context(), again.Dir, experiment.Options{Listener: l}); err != nil || !strings.Contains(l.lines[1], "nothing is left to do") {
		t.Errorf("resuming what is finished: %v, said %q", err, l.lines)
	}

	m, err := trained.Open(again.Dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Evaluate(t.Context(), "m", trained.On{Split: "test"})
	if loss, _ := again.Info.Test.Get("loss"); err != nil || e.Examples != 20 || e.Loss != loss {
		t.Errorf("evaluated: %+v, %v; the run says %v", e, err, loss)
	}
	photo := filepath.Join(dir, "photo.png")
	writePhoto(t, photo)
	predictions, err := m.Predict(t.Context(), m.Net, []string{photo, "none.png"}, 2)
	if err != nil || len(predictions[0].Classes) != 2 || predictions[1].Error == "" {
		t.Errorf("predicted: %+v, %v", predictions, err)
	}
}

// An experiment can be trained more than once, each time from the start.
func TestFitBeginsAtTheStart(t *testing.T) {
	e, dir := load(t), t.TempDir()
	if _, err := e.Expect(t.Context(), experiment.Options{}, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"first", "second"} {
		if _, err := e.Fit(t.Context(), experiment.Options{Out: filepath.Join(dir, out)}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(readBest(t, filepath.Join(dir, "first")), readBest(t, filepath.Join(dir, "second"))) {
		t.Error("the second training has other weights")
	}
}

// adapted returns what normalization has taken from the training data.
func adapted(t *testing.T, dir string) []byte {
	t.Helper()
	file, err := checkpoint.Read(filepath.Join(dir, runs.BestFile))
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := file.Tensor("normalization/mean")
	variance, _ := file.Tensor("normalization/variance")
	if len(mean.Data) != 3 || len(variance.Data) != 3 || mean.Data[0] == 0 || variance.Data[0] == 1 {
		t.Fatalf("nothing is adapted: %v, %v", mean, variance)
	}
	return fmt.Appendf(nil, "%x %x", mean.Data, variance.Data)
}

// Ranks that are stopped while they take statistics from the training data, or later, go on to
// the same bytes: whether there is a state to resume from, which rank 0 alone knows, they agree on.
func TestRanksThatAdaptGoOn(t *testing.T) {
	dir := t.TempDir()
	fit := func(out string, stops func(stop func()) *listener) {
		experiments := []*experiment.Experiment{load(t), load(t)}
		commtest.Run(2, func(w comm.World) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			o := experiment.Options{Out: filepath.Join(dir, out), World: w, Listener: stops(stop)}
			_, err := experiments[w.Rank()].Fit(ctx, o)
			if err != nil && (out == "whole" || !strings.Contains(err.Error(), "canceled")) {
				t.Errorf("%s: rank %d: %v", out, w.Rank(), err)
			}
		})
		commtest.Run(2, func(w comm.World) {
			if _, err := experiment.Resume(t.Context(), filepath.Join(dir, out), experiment.Options{World: w}); err != nil {
				t.Errorf("%s: rank %d resumes: %v", out, w.Rank(), err)
			}
		})
		if !bytes.Equal(readBest(t, filepath.Join(dir, out)), readBest(t, filepath.Join(dir, "whole"))) {
			t.Errorf("%s: other bytes than without a stop", out)
		}
	}
	fit("whole", func(func()) *listener { return &listener{} })
	fit("first", func(stop func()) *listener { // as soon as there is a run folder
		go func() {
			for {
				if _, err := os.Stat(filepath.Join(dir, "first", runs.InfoFile)); err == nil {
					stop()
					return
				}
				time.Sleep(100 * time.Microsecond)
			}
		}()
		return &listener{}
	})
	fit("later", func(stop func()) *listener {
		return &listener{step: func(s *callback.State) {
			if s.Epoch == 2 && s.Step == 2 {
				stop()
			}
		}}
	})
}

// Ranks can also be goroutines of one process; rank 0 has the run.
func TestRanksFit(t *testing.T) {
	dir := t.TempDir()
	alone, err := load(t).Fit(t.Context(), experiment.Options{Out: filepath.Join(dir, "alone")})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "run")
	experiments := []*experiment.Experiment{load(t), load(t)}
	commtest.Run(2, func(w comm.World) {
		l := &listener{}
		r, err := experiments[w.Rank()].Fit(t.Context(), experiment.Options{Out: out, World: w, Listener: l})
		if err != nil || (r != nil) != (w.Rank() == 0) || len(l.lines) > 0 != (w.Rank() == 0) {
			t.Errorf("rank %d: %v, %v, said %q", w.Rank(), r, err, l.lines)
		}
		if r != nil && !bytes.Equal(adapted(t, r.Dir), adapted(t, alone.Dir)) {
			t.Error("ranks normalize by another mean and variance than one process")
		}
		if r != nil && (r.Info.Ranks != 2 || r.Info.Status != runs.Finished) {
			t.Errorf("%+v", r.Info)
		}
	})
}

const frozenSpec = `
input: [32, 32, 3]
data: {dataset: {shapes: {train: 40, test: 10}}}
layers:
  - conv2d: {filters: 4, kernel_size: 3, strides: 4, trainable: false}
  - flatten
  - dense: {units: 10, activation: softmax}
train: {epochs: 3, batch_size: 8, optimizer: adam}
`

// The order of the images gives a rank images whose frozen outputs another rank has computed, and
// finds in the folder that they share.
func TestRanksShareWhatIsComputedOnce(t *testing.T) {
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	t.Setenv("CNNTRAIN_CACHE", cache)
	outputs := func() int {
		files, err := filepath.Glob(filepath.Join(cache, "images", "*", "*.pixels"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	file := filepath.Join(dir, "frozen.yaml")
	if err := os.WriteFile(file, []byte(frozenSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(size int) (best []byte) {
		out := filepath.Join(dir, fmt.Sprint("run", size))
		experiments := make([]*experiment.Experiment, size)
		for i := range experiments {
			e, err := experiment.Load(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			experiments[i] = e
		}
		commtest.Run(size, func(w comm.World) {
			if _, err := experiments[w.Rank()].Fit(t.Context(), experiment.Options{Out: out, World: w, Listener: &listener{}}); err != nil {
				t.Errorf("rank %d of %d: %v", w.Rank(), size, err)
			}
		})
		best, err := os.ReadFile(filepath.Join(out, runs.BestFile))
		if err != nil {
			t.Fatal(err)
		}
		return best
	}
	run(1)
	if n := outputs(); n != 0 {
		t.Errorf("alone, %d files are written of what fits into memory", n)
	}
	first := run(2)
	if n := outputs(); n != 40 {
		t.Errorf("2 ranks have the outputs of %d images in the folder, not of 40", n)
	}
	t.Setenv("CNNTRAIN_CACHE", "off")
	if err := os.Rename(filepath.Join(dir, "run2"), filepath.Join(dir, "first")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, run(2)) {
		t.Error("the folder changes the weights")
	}
}
