package main

import (
	"context"
	"errors"
	"math"
	"testing"

	"cnntrain/internal/kernels"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// lossCurve trains the first steps of a seed spec on drawn shapes and returns the
// mean loss of each window of them.
func lossCurve(t *testing.T, name string, steps, window int, sets ...string) []float64 {
	t.Helper()
	overrides := []spec.Override{}
	for _, set := range append([]string{"data.dataset=shapes"}, sets...) {
		o, err := spec.ParseOverride(set)
		if err != nil {
			t.Fatal(err)
		}
		overrides = append(overrides, o)
	}
	e, err := loadExperiment("../../specs/"+name+".yaml", overrides)
	if err != nil {
		t.Fatal(err)
	}
	s := &streams{errWidth: func() int { return 0 }}
	data, err := loadData(t.Context(), e, t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	var curve []float64
	var before float64
	enough := errors.New("enough")
	_, err = train.Fit(context.Background(), e.plan.NewModel(uint64(e.train.Seed)), data, e.train, nil, callback.Callback{
		Batch: func(s *callback.State) error {
			if s.Step%window > 0 {
				return nil
			}
			mean, _ := s.Logs.Get("loss") // over the epoch so far
			sum := mean * float64(s.Step)
			curve = append(curve, (sum-before)/float64(window))
			before = sum
			if s.Step == steps {
				return enough
			}
			return nil
		},
	})
	if !errors.Is(err, enough) {
		t.Fatalf("ended with %v after %v", err, curve)
	}
	return curve
}

func withCPU(t *testing.T, name string) {
	t.Helper()
	before := kernels.CPU()
	if err := kernels.SetCPU(name); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = kernels.SetCPU(before) })
}

func farthest(a, b []float64) (most float64) {
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}

// Rounding differs between kernels and is amplified by training, so curves part
// slowly. They have to stay much closer to each other than to that of another seed.
func TestCurveOfLeNet5IsThatOfTheReferenceKernels(t *testing.T) {
	needLong(t)
	withCPU(t, "generic")
	reference := lossCurve(t, "lenet5", 200, 20)
	noise := farthest(reference[1:], lossCurve(t, "lenet5", 200, 20, "train.seed=1")[1:])
	t.Logf("another seed is %.4f away from %.4f", noise, reference)
	for _, cpu := range []string{"avx2", "avx512"} {
		t.Run(cpu, func(t *testing.T) {
			withCPU(t, cpu)
			far := farthest(reference, lossCurve(t, "lenet5", 200, 20))
			t.Logf("%.4f away", far)
			if far > noise/3 {
				t.Errorf("another seed is %.4f away", noise)
			}
		})
	}
}

// Plain Go would take half an hour for VGG13, so here the fast kernels without
// Winograd's algorithm are the reference; those are held to plain Go one by one.
func TestCurveOfVGG13IsThatOfDirectConvolution(t *testing.T) {
	needLong(t)
	direct := lossCurve(t, "vgg13", 200, 20, "train.convolution=direct")
	far := farthest(direct, lossCurve(t, "vgg13", 200, 20))
	t.Logf("%.4f away from %.4f", far, direct)
	if far > 0.1 {
		t.Errorf("%.4f away", far)
	}
}
