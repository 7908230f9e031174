package experiment_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/trained"
)

func trainAndPredict(ctx context.Context) ([]trained.Prediction, error) {
	e, err := experiment.Load("shapes.yaml", nil)
	if err != nil {
		return nil, err
	}
	run, err := e.Fit(ctx, experiment.Options{}) // or experiment.Resume(ctx, dir, …)
	if err != nil {
		return nil, err
	}
	m, err := trained.Open(run.Dir)
	if err != nil {
		return nil, err
	}
	return m.Predict(ctx, m.Net, []string{"photo.png"}, 3)
}

func TestExampleOfThePackage(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\nfunc trainAndPredict")
	code, _, _ = strings.Cut("func trainAndPredict"+code, "\n}\n")
	if want := "//\t" + strings.ReplaceAll(code, "\n", "\n//\t"); !strings.Contains(string(doc), want) {
		t.Errorf("doc.go has another example than\n%s", want)
	}
	t.Chdir(t.TempDir())
	writeSpec(t, "shapes.yaml")
	writePhoto(t, "photo.png")
	predictions, err := trainAndPredict(t.Context())
	if err != nil || len(predictions) != 1 || len(predictions[0].Classes) != 3 || predictions[0].Error != "" {
		t.Errorf("%+v, %v", predictions, err)
	}
}
