package kernels

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

var (
	threads atomic.Int64

	// queue carries requests to help with a job. They need no answer: the caller
	// works too, and a late helper finds nothing left to do.
	queue = make(chan helper, 64)

	startMu sync.Mutex
	started atomic.Int64 // workers, which serve requests for ever
)

func init() { SetThreads(0) }

// fast is the number of performance cores, 0 if all cores are alike.
var fast = fastCores()

// SetThreads sets the number of goroutines a kernel may run on, including its caller; n
// below 1 means [runtime.GOMAXPROCS], but no more than there are performance cores. It may
// be called at any time and affects kernels called from then on. Results do not depend on
// it.
func SetThreads(n int) {
	if n < 1 {
		n = defaultThreads(runtime.GOMAXPROCS(0), fast)
	}
	threads.Store(int64(n))
}

func defaultThreads(processors, fast int) int {
	if fast > 0 {
		return min(processors, fast)
	}
	return processors
}

// spins reports whether waiting goroutines may spin: not if some of the threads run on
// efficiency cores, where spinning would use the power and thermal budget of those that compute.
func spins(threads, fast int) bool { return fast == 0 || threads <= fast }

// Threads returns the number of goroutines a kernel may run on.
func Threads() int { return int(threads.Load()) }

// A helper is a job as workers see it, without its argument type. Each worker first takes parts of its own
// share, so that it finds in its caches what it wrote in the kernel before.
type helper interface{ help(worker int) }

func startWorkers(n int) {
	if started.Load() >= int64(n) {
		return
	}
	startMu.Lock()
	defer startMu.Unlock()
	for ; started.Load() < int64(n); started.Add(1) {
		go func(worker int) {
			for {
				receive(queue).help(worker)
			}
		}(int(started.Load()) + 1) // the caller is 0
	}
}

// receive receives a value from c. It spins for some ten microseconds before it blocks,
// since waking up takes as long as a small kernel, and kernels follow each other closely.
func receive[T any](c <-chan T) T {
	const tries, yields = 200, 50
	for range yields {
		if !spins(Threads(), fast) {
			break
		}
		for range tries {
			select {
			case v := <-c:
				return v
			default:
			}
		}
		runtime.Gosched() // other goroutines may need the processor
	}
	return <-c
}

// A loop runs body for parts 0 to n-1, in any order and on several goroutines. There is one
// per kernel, in a package variable, so that a call need not allocate: A holds the kernel's
// arguments, and jobs are reused.
type loop[A any] struct {
	body func(a *A, part int)
	free chan *job[A]
}

func newLoop[A any](body func(a *A, part int)) *loop[A] {
	return &loop[A]{body, make(chan *job[A], 16)}
}

// run returns when all parts are done. It repeats a panic of body.
func (l *loop[A]) run(parts int, args A) {
	var j *job[A]
	select {
	case j = <-l.free:
	default:
		j = &job[A]{loop: l, done: make(chan struct{}, 1)}
	}
	j.args = args
	if helpers := min(Threads(), parts) - 1; helpers > 0 {
		j.runWith(helpers, parts)
	} else {
		for part := range parts {
			l.body(&j.args, part)
		}
	}
	var none A
	j.args = none
	failure := j.failure.Swap(nil)
	select {
	case l.free <- j:
	default:
	}
	if failure != nil {
		panic(failure)
	}
}

// Each calls f for 0 to n-1, in any order and on several goroutines. f may call kernels.
func Each(n int, f func(i int)) { eachLoop.run(n, f) }

var eachLoop = newLoop(func(f *func(i int), i int) { (*f)(i) })

// A job is one run of a loop. It may be reused while requests for it are still queued: a
// helper accesses only count and shares until it has got a part.
type job[A any] struct {
	loop    *loop[A]
	args    A
	count   atomic.Int32 // of shares
	shares  [maxShares]share
	undone  atomic.Int64 // parts that are not finished
	done    chan struct{}
	failure atomic.Pointer[partError]
}

// A share is a range of parts: the first one, and in the lower half the number of those that are not taken.
type share struct {
	atomic.Int64
	_ [cacheLine*float - 8]byte // for another share
}

// maxShares is the largest number of shares; more threads than that begin with the same ones.
const maxShares = 16

// take returns a part that is not taken yet, if there is one.
func (s *share) take() (part int, ok bool) {
	if int32(s.Load()) <= 0 { // the cheaper question
		return 0, false
	}
	v := s.Add(-1)
	left := int32(v)
	return int(v>>32) + int(left), left >= 0
}

// runWith requests helpers, works too, and waits for the parts that helpers took.
func (j *job[A]) runWith(helpers, parts int) {
	startWorkers(helpers)
	j.undone.Store(int64(parts))
	shares := min(helpers+1, maxShares)
	j.count.Store(int32(shares))
	for i := range shares {
		from, to := i*parts/shares, (i+1)*parts/shares
		j.shares[i].Store(int64(from)<<32 | int64(to-from)) // from here on helpers take parts
	}
	for range helpers {
		select {
		case queue <- j:
		default: // the queue is full, so all workers are busy
		}
	}
	j.help(0)
	receive(j.done)
}

// help runs parts until none is left, those of the worker's share first.
func (j *job[A]) help(worker int) {
	shares, ran := int(j.count.Load()), 0
	for i := range shares {
		s := &j.shares[(worker+i)%shares]
		for part, ok := s.take(); ok; part, ok = s.take() {
			j.do(part)
			ran++
		}
	}
	if ran > 0 && j.undone.Add(-int64(ran)) == 0 {
		j.done <- struct{}{}
	}
}

// do runs a part and notes its panic.
func (j *job[A]) do(part int) {
	defer func() {
		if v := recover(); v != nil {
			j.failure.CompareAndSwap(nil, &partError{v, debug.Stack()})
		}
	}()
	j.loop.body(&j.args, part)
}

// A partError is the panic value of a run with helpers if one of its parts panicked on some
// goroutine: the value and the stack of that panic.
type partError struct {
	value any
	stack []byte
}

func (e *partError) Error() string {
	return fmt.Sprintf("kernels: %v\n\n%s", e.value, e.stack)
}
