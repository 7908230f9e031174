package internal

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fused lists the files in which the compiler may compute x*y + z with one rounding, as
// it does on arm64 and does not on amd64: then their results differ between the two.
var fused = map[string]string{
	"kernels/product_tile_generic.go":       "plain Go: its results are its own on each processor",
	"kernels/conv_winograd_tile_generic.go": "the same",
	"kernels/cpu_peak.go":                   "measures",
	"experiment/expect.go":                  "times",
	"plot/":                                 "pictures",
}

// Everywhere else products are rounded before they are added, by a conversion,
// float32(x*y) + z, so that all processors compute the same values.
func TestProductsAreRoundedBeforeTheyAreAdded(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything for arm64")
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-gcflags=cnntrain/...=-S", "./...")
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	var places []string
	instruction := regexp.MustCompile(`\(([^)]*\.go):(\d+)\)\tFN?M(ADD|SUB)[SD]\t`)
	for _, m := range instruction.FindAllStringSubmatch(string(out), -1) {
		file, own := strings.CutPrefix(m[1], "cnntrain/internal/") // with -trimpath
		if filepath.IsAbs(m[1]) {
			if file, err = filepath.Rel(folder, m[1]); err != nil {
				t.Fatal(err)
			}
			own = !strings.HasPrefix(file, "..")
		}
		if !own { // a module's
			continue
		}
		if place := filepath.ToSlash(file) + ":" + m[2]; !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	met := map[string]bool{}
	for _, place := range places {
		known := false
		for file := range fused {
			if strings.HasPrefix(place, file) {
				known, met[file] = true, true
			}
		}
		if !known {
			t.Errorf("%s adds a product that is not rounded: write float32(x*y) + z", place)
		}
	}
	for file := range fused {
		if !met[file] {
			t.Errorf("%s is listed, but adds no product", file)
		}
	}
}
