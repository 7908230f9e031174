package comm_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
)

// Every rank's weights become the mean of all gradients, for any sizes of tensors and
// buckets; a step that one rank breaks off does not affect the next.
func TestShardsOfAnySizes(t *testing.T) {
	for _, sizes := range [][]int{{1}, {3, 10}, {500, 33, 7, 16, 1}, {1 << 20, 10}, {10, 1<<20 + 7, 3}, {1 << 19, 1 << 19, 5, 1<<20 + 1, 2}} {
		for _, ranks := range []int{2, 3, 7} {
			commtest.Run(ranks, func(w comm.World) {
				var weights, gradients [][]float32
				for _, n := range sizes {
					weights, gradients = append(weights, make([]float32, n)), append(gradients, make([]float32, n))
				}
				s := comm.NewShards(w, weights)
				share, whole := make([]float64, ranks), float64(ranks*(ranks+1)/2)
				for r := range share {
					share[r] = float64(r+1) / whole
				}
				for step := 1; step <= 3; step++ {
					want := 0.0
					for r := range share {
						want += share[r] * float64(step*(r+1))
					}
					s.Begin(share)
					for i := len(sizes) - 1; i >= 0; i-- {
						for j := range gradients[i] {
							gradients[i][j] = float32(step*(w.Rank()+1)) + float32(j%5)
						}
						s.Ready(i, gradients[i])
					}
					pieces := s.Pieces()
					if step == 2 && w.Rank() == 1 {
						pieces /= 2
					}
					for p := range pieces {
						of, from, to := s.Piece(p)
						copy(weights[of][from:to], s.Gradient(p))
						s.Updated(p)
					}
					s.End()
					for i := range weights {
						for j, v := range weights[i] {
							if step != 2 && math.Abs(float64(v)-want-float64(j%5)) > 1e-4 {
								t.Errorf("%v, rank %d of %d, step %d: weight %d/%d is %v, want %v", sizes, w.Rank(), ranks, step, i, j, v, want+float64(j%5))
								return
							}
						}
					}
				}
				values := make([][]float32, s.Pieces())
				for p := range values {
					of, from, to := s.Piece(p)
					values[p] = weights[of][from:to]
				}
				for i, v := range s.Collect(values) {
					for j := range v {
						if v[j] != weights[i][j] {
							t.Errorf("%v, %d ranks: %v collected for weight %d/%d, which is %v", sizes, ranks, v[j], i, j, weights[i][j])
							return
						}
					}
				}
			})
		}
	}
}

// Results of Gather and Share are the same on all ranks, for any type.
func TestGatherOfAnyType(t *testing.T) {
	type fact struct {
		yes   bool
		epoch int
	}
	commtest.Run(3, func(w comm.World) {
		want := []fact{{true, 0}, {false, 1}, {false, 2}}
		if got := comm.Gather(w, fact{w.Rank() == 0, w.Rank()}); !slices.Equal(got, want) {
			t.Errorf("rank %d: %v", w.Rank(), got)
		}
		if got := comm.Gather(w, w.Rank(), -w.Rank()); !slices.Equal(got, []int{0, 0, 1, -1, 2, -2}) {
			t.Errorf("rank %d: %v", w.Rank(), got)
		}
		counts, figures := []int{1, w.Rank()}, []float64{0.5, float64(w.Rank())}
		comm.Sum(w, counts)
		comm.Sum(w, figures)
		if !slices.Equal(counts, []int{3, 3}) || !slices.Equal(figures, []float64{1.5, 3}) {
			t.Errorf("rank %d: %v, %v", w.Rank(), counts, figures)
		}
		said := map[int]string{w.Rank(): "x"}
		if err := comm.ShareJSON(w, &said); err != nil || said[0] != "x" {
			t.Errorf("rank %d: %v, %v", w.Rank(), said, err)
		}
		nothing := math.NaN() // which has no JSON: an error on all ranks, for which none waits
		if err := comm.ShareJSON(w, &nothing); err == nil {
			t.Errorf("rank %d has no error", w.Rank())
		}
	})
}

func TestAgreeKeepsWhatStopsMean(t *testing.T) {
	commtest.Run(3, func(w comm.World) {
		var err error
		if w.Rank() == 1 {
			err = context.Canceled
		}
		if got := comm.Agree(w, err); !errors.Is(got, context.Canceled) || !comm.Known(got) {
			t.Errorf("rank %d: %v", w.Rank(), got)
		}
	})
}
