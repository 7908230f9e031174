package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/trained"
)

// trainColours trains a model that distinguishes red from blue, and returns its run.
func trainColours(t *testing.T, dir, seed string) string {
	t.Helper()
	for _, c := range []struct {
		class string
		fill  color.NRGBA
	}{{"blue", color.NRGBA{B: 200, A: 255}}, {"red", color.NRGBA{R: 200, A: 255}}} {
		for i := range 12 {
			fill := c.fill
			fill.G = uint8(10 * i)
			writePNG(t, filepath.Join(dir, "photos", c.class, string(rune('a'+i))+".png"), fill, 9+i, 7)
		}
	}
	file := filepath.Join(dir, "colours.yaml")
	text := `
input: [6, 6, 3]
data: {dataset: {image_folder: {path: ` + filepath.Join(dir, "photos") + `}}}
layers:
  - rescaling: 1/255
  - flatten
  - dense: {units: 2, activation: softmax}
train: {epochs: 20, batch_size: 4, optimizer: {sgd: 0.1}}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "run"+seed)
	runJSON(t, &struct{}{}, "fit", file, "--seed", seed, "--out", out, "--json")
	return out
}

func writePNG(t *testing.T, path string, fill color.Color, width, height int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, filled(fill, width, height)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func filled(fill color.Color, width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, fill)
		}
	}
	return img
}

func TestPredictNamesTheClassOfImagesOfAnySize(t *testing.T) {
	dir := t.TempDir()
	run := trainColours(t, dir, "0")
	writePNG(t, filepath.Join(dir, "new", "1.png"), color.NRGBA{R: 180, G: 30, A: 255}, 200, 31)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, filled(color.NRGBA{B: 230, A: 255}, 3, 50), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new", "2.jpg"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, model := range [][]string{{run}, {filepath.Join(run, "best.safetensors")}, {run, trainColours(t, dir, "1"), "--ensemble", "mean"}} {
		var got []trained.Prediction
		runJSON(t, &got, append([]string{"predict", filepath.Join(dir, "new"), "--json"}, model...)...)
		if len(got) != 2 || got[0].Classes[0].Name != "red" || got[1].Classes[0].Name != "blue" {
			t.Errorf("%v: %+v", model, got)
		}
		if sum := got[0].Classes[0].Probability + got[0].Classes[1].Probability; sum < 0.999 || sum > 1.001 {
			t.Errorf("the probabilities sum up to %v", sum)
		}
	}
}

func TestPredictGoesOnBehindAnImageItCannotRead(t *testing.T) {
	dir := t.TempDir()
	run0 := trainColours(t, dir, "0")
	bad := filepath.Join(dir, "new", "bad.png")
	writePNG(t, filepath.Join(dir, "new", "good.png"), color.NRGBA{R: 180, A: 255}, 8, 8)
	if err := os.WriteFile(bad, []byte("not an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	s := newStreams(&out, &errs, nil)
	why := "cnntrain: " + bad + ": not an image: it begins as none of JPEG, PNG, WebP, BMP, GIF, TIFF does\n"
	for _, c := range []struct {
		args []string
		code int
		good bool
		errs string
	}{
		{[]string{filepath.Join(dir, "new")}, exitDone, true, "cnntrain: 1 image left out that cannot be read\n"},
		{[]string{filepath.Join(dir, "new"), "--strict"}, exitFailed, true, "cnntrain: 1 image cannot be read; fix or remove it, or omit --strict to leave it out\n"},
		{[]string{bad}, exitFailed, false, "cnntrain: 1 image left out that cannot be read\ncnntrain: no image is left to predict\n"},
	} {
		out.Reset()
		errs.Reset()
		code := run(t.Context(), append([]string{"predict", run0}, c.args...), s)
		if good := strings.Contains(out.String(), "good.png  red "); code != c.code || good != c.good || errs.String() != why+c.errs {
			t.Errorf("%v: exit code %d: %s%s", c.args, code, out.String(), errs.String())
		}
	}
}

func TestEnsembleIsEvaluatedWithItsMembers(t *testing.T) {
	dir := t.TempDir()
	runs := []string{trainColours(t, dir, "0"), trainColours(t, dir, "1"), trainColours(t, dir, "2")}
	for _, how := range []string{"mean", "vote"} {
		var got []trained.Evaluation
		runJSON(t, &got, append([]string{"eval", "--ensemble", how, "--json"}, runs...)...)
		if len(got) != 4 || len(got[3].Members) != 3 || got[3].Accuracy < 0.99 || got[3].Members[1].Loss != got[1].Loss {
			t.Errorf("%s: %+v", how, got)
		}
	}
}
