package experiment

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cnntrain/internal/data"
	"cnntrain/internal/kernels"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// BenchmarkStep takes training steps of every spec on one thread, with BATCH images (2).
// bench/arm/instructions.sh counts the instructions.
func BenchmarkStep(b *testing.B) {
	files, err := filepath.Glob("../../specs/*.yaml")
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	images := 2
	if s := os.Getenv("BATCH"); s != "" {
		if images, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	threads := kernels.Threads()
	kernels.SetThreads(1)
	defer kernels.SetThreads(threads)
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(b *testing.B) {
			e, err := Load(file, nil)
			if err != nil {
				b.Skip(err)
			}
			c := *e.Train
			c.BatchSize, c.Epochs, c.Callbacks = images, math.MaxInt, nil
			sets := &data.Sets{Train: newNoise(e.Spec.Input, e.Plan.Classes()), Shape: e.Spec.Input, Classes: make([]string, e.Plan.Classes())}
			_, err = train.Fit(b.Context(), e.Plan.NewModel(1), sets, &c, nil, callback.Callback{
				Batch: func(*callback.State) error {
					if b.Loop() { // begins after the first step, which builds the graph
						return nil
					}
					return errEnough
				},
			})
			if !errors.Is(err, errEnough) {
				b.Fatal(err)
			}
		})
	}
}
