package kernels

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

type countArgs struct {
	counts []atomic.Int64
	data   []float32
}

func TestRunDoesEachPartOnce(t *testing.T) {
	l := newLoop(func(a *countArgs, part int) { a.counts[part].Add(1) })
	for _, threads := range []int{1, 2, 3, 4, 100} {
		withThreads(t, threads)
		for _, parts := range []int{0, 1, 2, 7, 1000} {
			counts := make([]atomic.Int64, parts)
			l.run(parts, countArgs{counts: counts})
			for i := range counts {
				if n := counts[i].Load(); n != 1 {
					t.Fatalf("%d threads: part %d of %d ran %d times", threads, i, parts, n)
				}
			}
		}
	}
}

func TestPanicOfAPartReachesTheCaller(t *testing.T) {
	l := newLoop(func(a *countArgs, part int) {
		a.counts[part].Add(1)
		if part == 3 {
			panic("part three")
		}
	})
	for _, threads := range []int{1, 2, 4} {
		withThreads(t, threads)
		for range 50 {
			counts := make([]atomic.Int64, 8)
			message := panicOf(func() { l.run(8, countArgs{counts: counts}) })
			if !strings.Contains(message, "part three") {
				t.Fatalf("%d threads: panicked with %q", threads, message)
			}
		}
		counts := make([]atomic.Int64, 3)
		l.run(3, countArgs{counts: counts}) // works afterwards
	}
}

func TestRunWaitsForOtherPartsBeforeItPanics(t *testing.T) {
	withThreads(t, 4)
	var running atomic.Int64
	l := newLoop(func(_ *countArgs, part int) {
		running.Add(1)
		defer running.Add(-1)
		if part == 0 {
			panic("part zero")
		}
		time.Sleep(time.Millisecond)
	})
	panicOf(func() { l.run(16, countArgs{}) })
	if n := running.Load(); n != 0 {
		t.Errorf("%d parts still run", n)
	}
}

func TestWorkersShareTheParts(t *testing.T) {
	withThreads(t, 3)
	together := make(chan struct{})
	var arrived atomic.Int64
	l := newLoop(func(_ *countArgs, _ int) {
		if arrived.Add(1) == 3 {
			close(together)
		}
		<-together // each of three goroutines must run one of the three parts
	})
	l.run(3, countArgs{})
}

func TestThreadCountMayChangeAtAnyTime(t *testing.T) {
	withThreads(t, 2)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			SetThreads(1 + i%4)
			runtime.Gosched()
		}
	}()
	l := newLoop(func(a *countArgs, part int) { a.counts[part].Add(1) })
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		counts := make([]atomic.Int64, 20)
		l.run(20, countArgs{counts: counts})
		for i := range counts {
			if counts[i].Load() != 1 {
				t.Fatalf("part %d ran %d times", i, counts[i].Load())
			}
		}
	}
}

func TestThreadsBelowOneMeansAllProcessors(t *testing.T) {
	withThreads(t, 0)
	if want := defaultThreads(runtime.GOMAXPROCS(0), fastCores()); Threads() != want {
		t.Errorf("%d threads, want %d", Threads(), want)
	}
}

// A Mac with four performance and four efficiency cores computes on the former.
func TestEfficiencyCoresAreLeftAlone(t *testing.T) {
	for _, c := range []struct{ processors, fast, want int }{{8, 4, 4}, {8, 0, 8}, {2, 4, 2}} {
		if got := defaultThreads(c.processors, c.fast); got != c.want {
			t.Errorf("%d processors, %d of them fast: %d threads, want %d", c.processors, c.fast, got, c.want)
		}
	}
	if !spins(8, 0) || !spins(4, 4) || spins(5, 4) {
		t.Error("threads spin exactly if none is on an efficiency core")
	}
}

func TestNoArgumentIsHeldAfterTheCall(t *testing.T) {
	withThreads(t, 2)
	l := newLoop(func(*countArgs, int) {})
	collected := make(chan struct{})
	func() {
		data := new([64]float32)
		runtime.AddCleanup(data, func(int) { close(collected) }, 0)
		l.run(8, countArgs{data: data[:]})
	}()
	for range 50 {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("a slice is still held")
}
