package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/specs"
)

// Every seed spec can be sized: four lines change and one is added, the model has the input and the outputs.
func TestEverySeedSpecCanBeSized(t *testing.T) {
	for _, name := range specs.Names() {
		t.Run(name, func(t *testing.T) {
			before := specs.Text(name)
			channels := 3
			if name == "lenet5-mnist" {
				channels = 1
			}
			z := experiment.Sizing{Input: []int{96, 112, channels}, Classes: 6, Dataset: "./birds"}
			after, err := experiment.Size(name, before, z)
			if err != nil {
				t.Fatal(err)
			}
			was, is := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
			made := "# Made from the seed spec " + name + ", which the comments below describe."
			if at := slices.Index(is, made); at >= 0 && at <= slices.Index(is, was[1]) {
				is = slices.Delete(is, at, at+1)
			}
			if len(was) != len(is) {
				t.Fatalf("%d lines became %d", len(was), len(is))
			}
			var changed []string
			for i := range was {
				if was[i] != is[i] {
					changed = append(changed, is[i])
				}
			}
			if want := 4 + strings.Count(string(before), "  validation_split: 0\n"); len(changed) != want {
				t.Errorf("changed lines:\n%s", strings.Join(changed, "\n"))
			}
			var problems spec.Problems
			e, err := experiment.New(spec.Parse(name+".yaml", after, nil, &problems), &problems)
			if err != nil {
				t.Fatal(err)
			}
			if in := e.Plan.Input; e.Plan.Outputs() != 6 || in[0] != 96 || in[1] != 112 || in[2] != channels || e.Data.Name != "image_folder" {
				t.Errorf("%d outputs, input %v, dataset %s", e.Plan.Outputs(), in, e.Data.Name)
			}
			if e.Data.ValidationSplit == 0 {
				t.Error("without validation")
			}
			z.Val = true
			if after, err = experiment.Size(name, before, z); err != nil || bytes.Contains(after, []byte("validation_split")) {
				t.Errorf("validation_split beside images for validation (%v)", err)
			}
		})
	}
}
