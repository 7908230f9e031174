package dataset

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
)

// Models and results of earlier runs depend on these images: they must never change.
func TestShapesNeverChange(t *testing.T) {
	d := mustLoad(t, &shapes{train: 300, test: 100}, Source{})
	const want = "01daa926f6e5c3ec3200bf00c3936e8fddf1c10d14cf1c1d681d1dfb1b9c8512"
	if d.Digest != want {
		t.Errorf("digest %s, want %s", d.Digest, want)
	}
	checkData(t, d)
}

func TestMoreShapesLeaveTheFirstOnesAsTheyAre(t *testing.T) {
	few, many := mustLoad(t, &shapes{train: 20, test: 10}, Source{}), mustLoad(t, &shapes{train: 200, test: 70}, Source{})
	if !bytes.HasPrefix(many.Train.(drawnShapes), few.Train.(drawnShapes)) || !bytes.HasPrefix(many.Test.(drawnShapes), few.Test.(drawnShapes)) {
		t.Error("the first images changed")
	}
	if bytes.HasPrefix(many.Train.(drawnShapes), many.Test.(drawnShapes)[:shapeBytes]) {
		t.Error("training and test images are the same")
	}
}

func TestShapesAreTheSameForAnyNumberOfThreads(t *testing.T) {
	many := mustLoad(t, &shapes{train: 200, test: 70}, Source{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := mustLoad(t, &shapes{train: 200, test: 70}, Source{})
	if one.Digest != many.Digest {
		t.Error("the images differ")
	}
}

func TestShapesStopWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&shapes{train: maxShapes / 100, test: 10}).Load(ctx, Source{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOutlinesFillWhatTheyShould(t *testing.T) {
	type point struct{ x, y float64 }
	for _, c := range []struct {
		name    string
		in, out []point
	}{
		{"arrow", []point{{0, -0.9}, {0.6, -0.2}, {0, 0.9}}, []point{{0.5, 0.5}, {-0.6, 0}}},
		{"circle", []point{{0, 0}, {0.8, 0}}, []point{{0.7, 0.7}}},
		{"crescent", []point{{-0.6, 0}, {0, 0.9}}, []point{{0.5, 0}, {1.1, 0}}},
		{"cross", []point{{0, 0}, {0.9, 0}, {0, -0.9}}, []point{{0.5, 0.5}}},
		{"heart", []point{{0, 0}, {0.5, -0.5}, {0, 0.8}}, []point{{0, -0.9}, {0.7, 0.7}}},
		{"hourglass", []point{{0, 0}, {0.5, 0.9}, {-0.5, -0.9}}, []point{{0.5, 0}}},
		{"ring", []point{{0.74, 0}, {0, -0.74}}, []point{{0, 0}, {1, 0}}},
		{"square", []point{{0.7, 0.7}, {0, 0}}, []point{{0.9, 0}}},
		{"star", []point{{0, 0}, {0, -1}}, []point{{0, 0.6}, {0.5, -0.6}}},
		{"triangle", []point{{0, 0}, {0.8, 0.65}}, []point{{0.8, 0}, {0, 0.8}}},
	} {
		for _, o := range outlines {
			if o.name != c.name {
				continue
			}
			for _, p := range c.in {
				if d := o.distance(p.x, p.y); d >= 0 {
					t.Errorf("%s: %v lies %v outside", c.name, p, d)
				}
			}
			for _, p := range c.out {
				if d := o.distance(p.x, p.y); d <= 0 {
					t.Errorf("%s: %v lies %v inside", c.name, p, d)
				}
			}
		}
	}
}

func TestNoShapeIsCutOffAtTheEdge(t *testing.T) {
	for _, o := range outlines {
		for _, turn := range []float64{-shapeTurn, 0, shapeTurn} {
			sin, cos := math.Sincos(turn)
			for along := -shapeReach; along < shapeReach; along += 0.01 {
				for _, p := range [][2]float64{{along, shapeReach}, {along, -shapeReach}, {shapeReach, along}, {-shapeReach, along}} {
					if o.distance(p[0]*cos+p[1]*sin, p[1]*cos-p[0]*sin) < 0 {
						t.Fatalf("%s, turned by %v, reaches %v", o.name, turn, p)
					}
				}
			}
		}
	}
}

func BenchmarkShapes(b *testing.B) {
	for b.Loop() {
		if _, err := (&shapes{train: 8000, test: 2000}).Load(context.Background(), Source{}); err != nil {
			b.Fatal(err)
		}
	}
}
