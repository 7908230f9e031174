package builder

import (
	"os"
	"slices"
	"testing"

	"cnntrain/internal/random"
	"cnntrain/internal/spec"
)

// What layers that are computed once compute of an image does not depend on the other images of the
// batch, on its position among them, or on their number: to the bit, so that outputs computed in
// one batch can be used in another.
func TestAnImageDoesNotDependOnItsBatch(t *testing.T) {
	for _, name := range []string{"mobilenet-v2", "resnet18", "googlenet", "lenet5-bn"} {
		t.Run(name, func(t *testing.T) {
			file := "../../specs/" + name + ".yaml"
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var problems spec.Problems
			small, err := spec.ParseOverride("input=[64, 64, 3]")
			if err != nil {
				t.Fatal(err)
			}
			s := spec.Parse(file, text, nil, &problems)
			if s.Input[0] > 64 {
				s = spec.Parse(file, text, []spec.Override{small}, &problems)
			}
			p := NewPlan(s, &problems)
			if problems.Err() != nil {
				t.Fatal(problems.Err())
			}
			for i := range p.Layers {
				p.Layers[i].alike = true
			}
			const n = 9
			m, size, classes := p.NewModel(1), p.Input.Size(), p.Classes()
			images, r := make([]float32, n*size), random.New(3)
			for i := range images {
				images[i] = float32(r.Float64(uint64(i))) * 255
			}
			_, all, err := m.Evaluate(images, make([]int, n))
			if err != nil {
				t.Fatal(err)
			}
			all = slices.Clone(all)
			for _, c := range []struct{ from, to int }{{8, 9}, {3, 5}, {1, 8}} {
				_, some, err := m.Evaluate(images[c.from*size:c.to*size], make([]int, c.to-c.from))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(some, all[c.from*classes:c.to*classes]) {
					t.Errorf("images %d to %d differ alone", c.from, c.to)
				}
			}
		})
	}
}
