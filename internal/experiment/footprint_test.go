package experiment

import (
	"fmt"
	"strings"
	"testing"

	"cnntrain/internal/comm"
	"cnntrain/internal/spec"
)

// What does not fit is refused before it is allocated: weights, gradients and the two moments of Adam,
// 16 bytes for each parameter.
func TestWeightsThatDoNotFitAreRefused(t *testing.T) {
	total := TotalMemory()
	if total == 0 {
		t.Skip("the memory of this machine is not known")
	}
	for _, c := range []struct {
		optimizer string
		bytes     int64 // for each parameter
	}{{"adam", 16}, {"sgd", 8}} {
		for _, part := range []float64{0.9, 1.1} {
			layers := int64(part*float64(total)/float64(c.bytes)) / (4096*4096 + 4096)
			text := fmt.Sprintf("input: [32, 32, 3]\ndata: {dataset: shapes}\nlayers: [global_average_pooling2d, dense: 4096, {repeat: %d, layers: [dense: 4096]}, dense: {units: 10, activation: softmax}]\ntrain: {optimizer: %s}\n",
				layers, c.optimizer)
			var problems spec.Problems
			e, err := New(spec.Parse("x.yaml", []byte(text), nil, &problems), &problems)
			if err != nil {
				t.Fatal(err)
			}
			err = e.checkLeast(comm.Self{})
			if refused := err != nil && strings.Contains(err.Error(), "needs at least"); refused != (part > 1) {
				t.Errorf("%s with %g of the memory: %v", c.optimizer, part, err)
			}
		}
	}
}
