package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// noLeak fails the test if it leaves goroutines behind.
func noLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
	})
}

// collect returns the positions of all batches, after checking their contents.
func collect(t *testing.T, l *Loader, ctx context.Context, order []int, from int) ([][]int, error) {
	t.Helper()
	var steps [][]int
	for b, err := range l.Batches(ctx, order, from) {
		if err != nil {
			return steps, err
		}
		if len(b.X) != b.N*2 || len(b.Labels) != b.N || len(b.Index) != b.N {
			t.Fatalf("batch of %d has %d values, %d labels, %d positions", b.N, len(b.X), len(b.Labels), len(b.Index))
		}
		for i, at := range b.Index {
			if b.X[2*i] != float32(at) || b.X[2*i+1] != float32(at) || b.Labels[i] != at%3 {
				t.Errorf("example %d is %v, label %d", at, b.X[2*i:][:2], b.Labels[i])
			}
		}
		steps = append(steps, slices.Clone(b.Index))
	}
	return steps, nil
}

func TestBatchesComeInOrderAndTheLastHoldsTheRest(t *testing.T) {
	noLeak(t)
	for _, c := range []struct {
		n, batch, from int
		order          []int
		want           [][]int
	}{
		{n: 7, batch: 3, want: [][]int{{0, 1, 2}, {3, 4, 5}, {6}}},
		{n: 6, batch: 3, want: [][]int{{0, 1, 2}, {3, 4, 5}}},
		{n: 2, batch: 5, want: [][]int{{0, 1}}},
		{n: 7, batch: 3, order: []int{6, 5, 0, 1, 2, 3, 4}, want: [][]int{{6, 5, 0}, {1, 2, 3}, {4}}},
		{n: 7, batch: 3, order: []int{6, 5, 0, 1, 2, 3, 4}, from: 1, want: [][]int{{1, 2, 3}, {4}}},
		{n: 7, batch: 3, from: 2, want: [][]int{{6}}},
		{n: 7, batch: 3, from: 3},
		{n: 7, batch: 3, from: 9},
		{n: 7, batch: 3, order: []int{}},
		{n: 7, batch: 3, order: []int{4, 4}, want: [][]int{{4, 4}}},
		{n: 0, batch: 3},
	} {
		got, err := collect(t, NewLoader(fake{n: c.n}, 2, c.batch), context.Background(), c.order, c.from)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v: got %v, %v", c, got, err)
		}
	}
}

func TestLoaderServesEpochAfterEpoch(t *testing.T) {
	noLeak(t)
	l := NewLoader(fake{n: 100}, 2, 8)
	for epoch := range 20 {
		order := Order(100, 1, epoch)
		got, err := collect(t, l, context.Background(), order, 0)
		if err != nil || !slices.Equal(slices.Concat(got...), order) {
			t.Fatalf("epoch %d: %v, %v", epoch, got, err)
		}
		for range l.Batches(context.Background(), order, 0) {
			break // leaves batches incomplete
		}
	}
}

func TestLoopsOverOneLoaderDoNotDisturbEachOther(t *testing.T) {
	noLeak(t)
	l := NewLoader(fake{n: 200}, 2, 8)
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			order := Order(200, seed, 0)
			got, err := collect(t, l, context.Background(), order, 0)
			if err != nil || !slices.Equal(slices.Concat(got...), order) {
				t.Errorf("seed %d: %v, %v", seed, got, err)
			}
		})
	}
	wg.Wait()
}

func TestFirstImageErrorEndsTheLoop(t *testing.T) {
	noLeak(t)
	for range 50 {
		got, err := collect(t, NewLoader(numbered{fake{n: 100, broken: []int{35, 37, 90}}}, 2, 8), context.Background(), nil, 0)
		if len(got) != 4 || err == nil || err.Error() != "image 35" {
			t.Fatalf("%d batches, %v", len(got), err)
		}
	}
}

// numbered names the image in its errors, and delays the first.
type numbered struct{ fake }

func (f numbered) Image(dst []float32, i int) error {
	if i == 35 {
		time.Sleep(100 * time.Microsecond)
	}
	if f.fake.Image(dst, i) != nil {
		return fmt.Errorf("image %d", i)
	}
	return nil
}

func TestErrorsOfALoopAreForgottenByTheNext(t *testing.T) {
	l := NewLoader(fake{n: 20, broken: []int{3}}, 2, 5)
	if _, err := collect(t, l, context.Background(), nil, 0); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	if got, err := collect(t, l, context.Background(), nil, 1); err != nil || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCancellingEndsTheLoop(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range NewLoader(fake{n: 1000}, 2, 8).Batches(ctx, nil, 0) {
		if last = err; err == nil {
			n++
		}
		if n == 3 {
			cancel()
		}
	}
	if n != 3 || last != context.Canceled {
		t.Errorf("%d batches, %v", n, last)
	}
}

// stuck blocks until it is released.
type stuck struct {
	fake
	release chan struct{}
}

func (f stuck) Image(dst []float32, i int) error {
	if i > 20 {
		<-f.release
	}
	return f.fake.Image(dst, i)
}

func TestCancellingNeedNotWaitForABatch(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	time.AfterFunc(10*time.Millisecond, func() { cancel(); close(release) })
	_, err := collect(t, NewLoader(stuck{fake{n: 1000}, release}, 2, 8), ctx, nil, 0)
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestBatchesAreMadeAhead(t *testing.T) {
	noLeak(t)
	read := make(chan int, 1000)
	for range NewLoader(watched{fake{n: 100}, read}, 2, 8).Batches(context.Background(), nil, 0) {
		for range ahead * 8 { // images of this batch and of the prefetched ones, before the next is requested
			select {
			case <-read:
			case <-time.After(5 * time.Second):
				t.Fatal("nothing is prepared ahead")
			}
		}
		time.Sleep(5 * time.Millisecond)
		if len(read) > 0 {
			t.Errorf("%d images more than fit the buffers", len(read))
		}
		break
	}
}

type watched struct {
	fake
	read chan int
}

func (f watched) Image(dst []float32, i int) error {
	f.read <- i
	return f.fake.Image(dst, i)
}

func TestNoAllocationPerBatch(t *testing.T) {
	allocations := func(n int) float64 {
		l, order := NewLoader(fake{n: n}, 2, 4), Order(n, 1, 1)
		return testing.AllocsPerRun(5, func() {
			for range l.Batches(context.Background(), order, 0) {
			}
		})
	}
	if few, many := allocations(40), allocations(4000); many > few+20 {
		t.Errorf("%v allocations for 10 batches, %v for 1000", few, many)
	}
}

func BenchmarkBatches(b *testing.B) {
	l := NewLoader(fake{n: 6400}, 32*32*3, 32)
	for b.Loop() {
		for range l.Batches(context.Background(), nil, 0) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/6400, "ns/image")
}

// A read that does not return must not keep a training from saving its state.
func TestCancellingAbandonsAReadThatIsStuck(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	l := NewLoader(stuck{fake{n: 1000}, release}, 2, 8)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	began := time.Now()
	if _, err := collect(t, l, ctx, nil, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
