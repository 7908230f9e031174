package main

import (
	"encoding/json"
	"math"
	"os/exec"
	"strconv"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/specs"
)

// The memory that is planned from the layout of a model, with what kernels took and what the
// program itself takes, is the measured peak; without -long for two specs.
func TestPlannedMemoryIsThatOfTheProcess(t *testing.T) {
	bench := func(name string, batch int) experiment.Timing {
		t.Helper()
		cmd := exec.Command("cnntrain", "bench", "../../specs/"+name+".yaml", "--json", "--time", "1ms", "--threads", "2", "--batch-size", strconv.Itoa(batch))
		out, err := cmd.Output()
		var all struct{ Models []experiment.Timing }
		if err == nil {
			err = json.Unmarshal(out, &all)
		}
		if err != nil || len(all.Models) != 1 {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return all.Models[0]
	}
	small := bench("quickstart", 8)
	itself := small.Memory - int(small.Planned) - int(small.Scratch)
	for _, name := range specs.Names() {
		if !*long && name != "lenet5-all" && name != "resnet20" {
			continue
		}
		batch := 16
		if largeSpecs[name] {
			batch = 4
		}
		b := bench(name, batch)
		planned := int(b.Planned) + int(b.Scratch) + itself
		t.Logf("%-20s %3d images: %.0f MB planned (%.0f for the model, %.0f of scratch memory, %.0f for the program), %.0f measured", name, batch,
			float64(planned)/1e6, float64(b.Planned)/1e6, float64(b.Scratch)/1e6, float64(itself)/1e6, float64(b.Memory)/1e6)
		if math.Abs(float64(planned-b.Memory)) > 0.05*float64(b.Memory)+5e6 {
			t.Errorf("%s: %d bytes planned, %d measured", name, planned, b.Memory)
		}
	}
}
