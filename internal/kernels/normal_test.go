package kernels

import (
	"fmt"
	"testing"
)

// Without gradients no state of an optimizer stays subnormal: numbers that a processor is slow with.
func TestOptimizersForgetSubnormalState(t *testing.T) {
	const n = 37 // vectors and a rest
	none := make([]float32, n)
	for name, step := range map[string]func(w, a, b []float32){
		"Adam":                  func(w, a, b []float32) { Adam(w, none, a, b, 0.01, 0.9, 0.9, 1e-7) },
		"Nadam":                 func(w, a, b []float32) { Nadam(w, none, a, b, 0.9, 0.9, 0.02, 0.01, 1, 1e-7) },
		"Lamb":                  func(_, a, b []float32) { LambDirection(make([]float32, n), a, b, 0.9, 0.9, 1, 1, 1e-7) },
		"Adamax":                func(w, a, b []float32) { Adamax(w, none, a, b, 0.01, 0.9, 0.9, 1e-7) },
		"Adadelta":              func(w, a, b []float32) { Adadelta(w, none, a, b, 0.01, 0.9, 1e-7) },
		"Lion":                  func(w, a, _ []float32) { Lion(w, none, a, 0.01, 0.9, 0.9) },
		"SGD":                   func(w, a, _ []float32) { SGD(w, none, a, 0.01, 0.9, false) },
		"Nesterov":              func(w, a, _ []float32) { SGD(w, none, a, 0.01, 0.9, true) },
		"RMSprop":               func(w, a, _ []float32) { RMSprop(w, none, a, nil, nil, 0.01, 0.9, 0, 1e-7) },
		"RMSprop with momentum": func(w, a, b []float32) { RMSprop(w, none, a, nil, b, 0.01, 0.9, 0.9, 1e-7) },
		"RMSprop centred":       func(w, a, b []float32) { RMSprop(w, none, a, b, nil, 0.01, 0.9, 0, 1e-7) },
		"MoveAverage":           func(_, a, _ []float32) { MoveAverage(a, none, 0.9) },
		"Normal":                func(_, a, _ []float32) { Affine(a, a, 0.9, 0); Normal(a) },
	} {
		t.Run(name, func(t *testing.T) {
			eachCPU(t, func(t *testing.T) {
				w, a, b := make([]float32, n), make([]float32, n), make([]float32, n)
				for i := range n {
					w[i], a[i], b[i] = 1, 1e-30, 1e-33
				}
				for at := range 400 {
					step(w, a, b)
					for i := range n {
						if x := [2]float32{a[i], b[i]}; x != [2]float32{normal(a[i]), normal(b[i])} {
							t.Fatalf("step %d: state %s of value %d", at, fmt.Sprint(x), i)
						}
					}
				}
				for i := range n {
					if a[i] != 0 {
						t.Fatalf("after 400 steps state %g of value %d, want 0", a[i], i)
					}
				}
			})
		})
	}
}
