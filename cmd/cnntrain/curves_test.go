package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
	"cnntrain/internal/experiment"
	"cnntrain/internal/kernels"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// lossCurve trains the first steps of a spec, of which name is the file or the name of a seed spec, on the shapes dataset and returns the
// mean loss of each window of steps.
func lossCurve(t *testing.T, name string, steps, window int, sets ...string) []float64 {
	t.Helper()
	return lossCurveOn(t, comm.Self{}, name, steps, window, sets...)
}

// lossCurveOn is lossCurve on one of the ranks of w.
func lossCurveOn(t *testing.T, w comm.World, name string, steps, window int, sets ...string) []float64 {
	t.Helper()
	overrides := []spec.Override{}
	for _, set := range append([]string{"data.dataset=shapes"}, sets...) {
		o, err := spec.ParseOverride(set)
		if err != nil {
			t.Fatal(err)
		}
		overrides = append(overrides, o)
	}
	if filepath.Ext(name) == "" {
		name = "../../specs/" + name + ".yaml"
	}
	e, err := experiment.Load(name, overrides)
	if err != nil {
		t.Fatal(err)
	}
	s := &streams{out: io.Discard, err: io.Discard, errWidth: func() int { return 0 }}
	data, err := e.LoadData(t.Context(), source(t.TempDir(), false, s))
	if err != nil {
		t.Fatal(err)
	}
	var curve []float64
	var before float64
	enough := errors.New("enough")
	_, err = train.FitOn(context.Background(), w, e.Plan.NewModel(uint64(e.Train.Seed)), data, e.Train, nil, callback.Callback{
		Batch: func(s *callback.State) error {
			if s.Step%window > 0 {
				return nil
			}
			mean, _ := s.Logs.Get("loss") // mean over the epoch so far
			sum := mean * float64(s.Step)
			curve = append(curve, (sum-before)/float64(window))
			before = sum
			if s.Step == steps {
				return enough
			}
			return nil
		},
	})
	if !errors.Is(err, enough) && w.Rank() == 0 {
		t.Errorf("ended with %v after %v", err, curve)
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

// Kernels round differently, and training amplifies the differences, so loss curves diverge
// slowly. They must stay much closer to each other than to that of another seed.
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

var vggSteps = flag.Int("vgg-steps", 40, "how many steps of VGG13 have to agree; a multiple of 20")

// The generic kernels would take half an hour for VGG13, so here the fast kernels without
// Winograd's algorithm are the reference; other tests compare each of those with the
// generic ones.
func TestCurveOfVGG13IsThatOfDirectConvolution(t *testing.T) {
	needLong(t)
	direct := lossCurve(t, "vgg13", *vggSteps, 20, "train.convolution=direct")
	far := farthest(direct, lossCurve(t, "vgg13", *vggSteps, 20))
	t.Logf("%.4f away from %.4f", far, direct)
	if far > 0.1 {
		t.Errorf("%.4f away", far)
	}
}

// Ranks only add up gradients in another order than one process, so their loss curves
// diverge as those of other kernels do. Another seed is 1.1 away with LeNet5, 0.009 with VGG13.
func TestCurveOfSeveralRanksIsThatOfOne(t *testing.T) {
	needLong(t)
	for name, bound := range map[string]float64{"lenet5": 0.05, "vgg13": 0.002} {
		steps := 200
		if name == "vgg13" {
			steps = *vggSteps
		}
		alone := lossCurve(t, name, steps, 20)
		for _, ranks := range []int{2, 4} {
			var curve []float64
			commtest.Run(ranks, func(w comm.World) {
				if c := lossCurveOn(t, w, name, steps, 20); w.Rank() == 0 {
					curve = c
				}
			})
			far := farthest(alone, curve)
			t.Logf("%s, %d ranks: %.2g away from %.4f", name, ranks, far, alone)
			if far > bound {
				t.Errorf("%s, %d ranks: %.2g away", name, ranks, far)
			}
		}
	}
}

// branched are the seed specs with branches, or with layers that came with them.
var branched = []string{"resnet20", "se-resnet20", "resnet56", "wide-resnet-16-8", "resnet18", "resnet50", "mobilenet-v2", "mobilenet-v3-small",
	"efficientnet-b0", "densenet-bc-100-12", "squeezenet", "googlenet", "convnext-tiny", "alexnet-two-towers"}

var branchedSteps = flag.Int("branched-steps", 2, "how many steps TestRanksTrainBranchesAsOne compares")

// With statistics of whole batches, what ranks compute in each step of a network with branches is
// what one process does, also where layers draw random numbers for each example. Without them,
// batch normalization has other statistics, as in Keras, so there is nothing to compare. Steps are
// few and small, and epsilon is large: on maps of one pixel, batches of nine have variances near
// 0, and dividing by them amplifies rounding so much that the generic kernels differ as well
// after three steps (by 0.57 of a loss of 3.2 for mobilenet-v2).
func TestRanksTrainBranchesAsOne(t *testing.T) {
	for _, name := range branched {
		t.Run(name, func(t *testing.T) {
			needLong(t)
			file, overrides := forShapes(t, name)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			synchronized := strings.NewReplacer("batch_normalization: {", "batch_normalization: {synchronized: true, ", "epsilon: 1e-5", "epsilon: 0.1", "epsilon: 0.001", "epsilon: 0.1",
				"batch_normalization\n", "batch_normalization: {synchronized: true, epsilon: 0.1}\n").Replace(string(text))
			file = filepath.Join(t.TempDir(), name+".yaml")
			if err := os.WriteFile(file, []byte(synchronized), 0o666); err != nil {
				t.Fatal(err)
			}
			sets := []string{"train.batch_size=9", "train.optimizer.learning_rate=1e-5", "data.dataset.shapes.train=60", "data.dataset.shapes.test=1"}
			for i := 1; i < len(overrides); i += 2 {
				sets = append(sets, overrides[i])
			}
			alone := lossCurve(t, file, *branchedSteps, 1, sets...)
			noise := farthest(alone, lossCurve(t, file, *branchedSteps, 1, append(sets, "train.seed=1")...))
			var curve []float64
			commtest.Run(2, func(w comm.World) {
				if c := lossCurveOn(t, w, file, *branchedSteps, 1, sets...); w.Rank() == 0 {
					curve = c
				}
			})
			far := farthest(alone, curve)
			t.Logf("%.2g away: %.7f, alone %.7f; another seed is %.4f away", far, curve, alone, noise)
			if far > max(noise/100, 1e-6) {
				t.Errorf("%.2g away; another seed is %.4f away", far, noise)
			}
		})
	}
}
