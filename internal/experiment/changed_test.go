package experiment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
)

// photos writes a number of images of each of two classes.
func photos(t *testing.T, dir string, n int) {
	t.Helper()
	for _, class := range []string{"cat", "dog"} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			writePhoto(t, filepath.Join(dir, class, fmt.Sprintf("%d.png", i)))
		}
	}
}

// If that is requested, a run resumes although an image was deleted: from the end of an
// epoch, because the steps within an epoch depend on the earlier images.
func TestRunsGoOnWithOtherData(t *testing.T) {
	dir := t.TempDir()
	photos(t, filepath.Join(dir, "photos"), 12)
	spec := filepath.Join(dir, "photos.yaml")
	text := fmt.Sprintf(`input: [4, 4, 3]
data: {dataset: {image_folder: {path: %q}}, validation_split: 0.2}
layers: [rescaling: 1/255, flatten, dense: {units: 2, activation: softmax}]
train: {epochs: 3, batch_size: 4, class_weight: {cat: 2}, metrics: [accuracy, auc]}
`, filepath.Join(dir, "photos"))
	if err := os.WriteFile(spec, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &listener{step: func(s *callback.State) {
		if s.Epoch == 2 && s.Step == 2 {
			stop()
		}
	}}
	cut, err := e.Fit(ctx, experiment.Options{Out: filepath.Join(dir, "run"), Listener: l})
	if !experiment.Canceled(err) {
		t.Fatal(err)
	}
	if want := "class weights: cat 2, dog 1"; len(l.lines) != 2 || l.lines[1] != want {
		t.Errorf("said %q, want %q", l.lines, want)
	}
	if d := cut.Info.Dataset; d.Train != 16 || d.Validation != 4 || d.Test != 4 {
		t.Errorf("%d, %d and %d images", d.Train, d.Validation, d.Test)
	}
	if err := os.Remove(filepath.Join(dir, "photos", "dog", "7.png")); err != nil {
		t.Fatal(err)
	}
	if _, err = experiment.Resume(t.Context(), cut.Dir, experiment.Options{}); err == nil || !strings.Contains(err.Error(), "was started with other data: 1 lost (dog/7.png)") {
		t.Fatalf("resumed: %v", err)
	}
	l = &listener{}
	again, err := experiment.Resume(t.Context(), cut.Dir, experiment.Options{Accept: true, Listener: l})
	if err != nil || again.Info.Status != runs.Finished || len(again.Info.Epochs) != 3 {
		t.Fatal(again, err)
	}
	d := again.Info.Dataset
	if d.Train+d.Validation+d.Test != 23 || len(d.Accepted) != 1 || !strings.HasPrefix(d.Accepted[0], "1 lost (dog/7.png)") || d.Digest == cut.Info.Dataset.Digest {
		t.Errorf("%+v", d)
	}
	if want := "resuming " + cut.Dir + " after epoch 1, from previous.safetensors"; len(l.lines) < 2 || l.lines[1] != want {
		t.Errorf("said %q, want %q", l.lines, want)
	}
	if v, ok := again.Info.Test.Get("balanced_accuracy"); !ok || v < 0 || again.Info.Largest < 0.5 {
		t.Errorf("%v, %v", again.Info.Test, again.Info.Largest)
	}
}
