package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The listing of eval in README has the lines that eval prints, of a short training here. With
// -long it is that of the README, and the figures have to be close: their last digits depend on
// the processor.
func TestReadmeShowsAnEvaluation(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const run = "runs/quickstart/1"
	_, listing, _ := strings.Cut(string(text), "\n```\n"+run+"/best.safetensors on ")
	listing, _, ok := strings.Cut(listing, "\n```\n")
	if !ok {
		t.Fatal("README has no listing of eval")
	}
	spec, err := filepath.Abs("../../specs/quickstart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fit := []string{"fit", spec, "--out", run}
	if !*long {
		fit = append(fit, "--epochs", "1", "--set", "data.dataset.shapes.train=40", "--set", "data.dataset.shapes.test=20")
	}
	var printed []string
	for _, args := range [][]string{fit, {"eval", run}} {
		cmd := exec.Command("cnntrain", args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(cmd.Args, err)
		}
		printed = strings.Split(string(out), "\n")
	}
	for i, want := range strings.Split(run+"/best.safetensors on "+listing, "\n") {
		if want == "…" {
			break
		}
		got := printed[i]
		switch { // in the row of a class, what it is taken for varies
		case i > 4 && *long:
			got, want = beforeLast(got), beforeLast(want)
		case i > 4: // and much of it is – after a short training
			got, want = strings.Fields(got)[0], strings.Fields(want)[0]
		}
		if withoutNumbers(got) != withoutNumbers(want) {
			t.Errorf("eval prints\n%s\nand README shows\n%s", got, want)
		}
		if far := farthest(numbersOf(got), numbersOf(want)); *long && far > 0.02 {
			t.Errorf("eval prints\n%s\nand README shows\n%s\n%.3f away", got, want, far)
		}
	}
}

// beforeLast returns the columns of a table but the last.
func beforeLast(row string) string { return row[:max(0, strings.LastIndex(row, "  "))] }

// numbersOf returns the numbers in a line; those above 1 as their logarithms, to compare ratios.
func numbersOf(line string) (all []float64) {
	for _, text := range numbers.FindAllString(line, -1) {
		v, err := strconv.ParseFloat(strings.Trim(strings.ReplaceAll(text, ",", ""), "."), 64)
		if err != nil {
			continue
		}
		if v > 1 {
			v = 1 + math.Log(v)
		}
		all = append(all, v)
	}
	return all
}
