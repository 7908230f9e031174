package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var long = flag.Bool("long", false, "also run the tests that train until a model is good")

func needLong(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("trains for minutes: go test ./cmd/cnntrain -run 'Reaches|Curve|Reproducible' -long")
	}
}

// fitAccuracy trains and returns the accuracy on the test data.
func fitAccuracy(t *testing.T, args ...string) float64 {
	t.Helper()
	needLong(t)
	var result struct {
		Test struct{ Accuracy float64 }
	}
	runJSON(t, &result, append([]string{"fit", "--json", "--out", filepath.Join(t.TempDir(), "run")}, args...)...)
	return result.Test.Accuracy
}

// The shapes dataset is easy for a small CNN and hard without convolutions.
func TestQuickstartReaches95PercentAndADenseModelDoesNot(t *testing.T) {
	if got := fitAccuracy(t, "../../specs/quickstart.yaml"); got <= 0.95 {
		t.Errorf("quickstart reaches %.4f", got)
	}
	dense := filepath.Join(t.TempDir(), "dense.yaml")
	text := `
input: [32, 32, 3]
data: {dataset: shapes, validation_split: 0.2}
layers:
  - rescaling: 1/255
  - flatten
  - dense: {units: 256, activation: relu}
  - dense: {units: 128, activation: relu}
  - dense: {units: 10, activation: softmax}
train: {epochs: 8}
`
	if err := os.WriteFile(dense, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := fitAccuracy(t, dense); got >= 0.8 {
		t.Errorf("without convolutions, still %.4f", got)
	}
}

// PyTorch reaches 0.577 with the same model, files and epochs.
func TestLeNet5Reaches55PercentOnCIFAR10(t *testing.T) {
	dir := os.Getenv("CNNTRAIN_TEST_DATA")
	if dir == "" {
		t.Skip("CNNTRAIN_TEST_DATA is not set: no real CIFAR-10")
	}
	scaled := filepath.Join(t.TempDir(), "scaled.yaml")
	text, err := os.ReadFile("../../specs/lenet5.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("layers:\n"), []byte("layers:\n  - rescaling: 1/255\n"), 1)
	if err := os.WriteFile(scaled, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := fitAccuracy(t, scaled, "--data-dir", dir, "--epochs", "5"); got < 0.55 {
		t.Errorf("test accuracy %.4f after 5 epochs", got)
	}
}

func TestLeNet5Reaches99PercentOnMNIST(t *testing.T) {
	dir := os.Getenv("CNNTRAIN_TEST_DATA")
	if dir == "" {
		t.Skip("CNNTRAIN_TEST_DATA is not set: no real MNIST")
	}
	if got := fitAccuracy(t, "../../specs/lenet5-mnist.yaml", "--data-dir", dir); got < 0.99 {
		t.Errorf("test accuracy %.4f", got)
	}
}
