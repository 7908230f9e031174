//go:build mpi

package mpi

/*
// MPICH declares MPI_STATUSES_IGNORE so that gcc sees an overflow.
#cgo CFLAGS: -Wno-stringop-overflow
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

// Some of MPI's names are macros, which Go cannot see.
static int start(int *rank, int *size, int *local, int *locals) {
	int level;
	int err = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
	if (err) return err;
	MPI_Comm node;
	MPI_Comm_rank(MPI_COMM_WORLD, rank);
	MPI_Comm_size(MPI_COMM_WORLD, size);
	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
	MPI_Comm_rank(node, local);
	MPI_Comm_size(node, locals);
	return MPI_Comm_free(&node);
}
static MPI_Request *requests(int n) { return malloc((n + 1) * sizeof(MPI_Request)); }
static void send(void *p, int n, int to, MPI_Request *r, int i) {
	MPI_Isend(p, n, MPI_FLOAT, to, 0, MPI_COMM_WORLD, r + i);
}
static void receive(void *p, int n, int from, MPI_Request *r, int i) {
	MPI_Irecv(p, n, MPI_FLOAT, from, 0, MPI_COMM_WORLD, r + i);
}
static void allGather(void *all, void *mine, int n, MPI_Request *r) {
	MPI_Iallgather(mine, n, MPI_BYTE, all, n, MPI_BYTE, MPI_COMM_WORLD, r);
}
static void broadcast(void *p, int n, int root, MPI_Request *r) {
	MPI_Ibcast(p, n, MPI_BYTE, root, MPI_COMM_WORLD, r);
}
static void barrier(MPI_Request *r) { MPI_Ibarrier(MPI_COMM_WORLD, r); }
static int over(MPI_Request *r, int n) {
	int all;
	MPI_Testall(n, r, &all, MPI_STATUSES_IGNORE);
	return all;
}
static void rest(long nanoseconds) {
	struct timespec t = {0, nanoseconds};
	nanosleep(&t, NULL);
}
static void endAll(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
static int version(char *text) { int n; MPI_Get_library_version(text, &n); return n; }
enum { maxVersion = MPI_MAX_LIBRARY_VERSION_STRING };
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"cnntrain/internal/comm"
)

// Library names the MPI library that the program was built for.
var Library = func() string {
	text := make([]byte, C.maxVersion)
	n := C.version((*C.char)(unsafe.Pointer(&text[0])))
	name, _, _ := strings.Cut(string(text[:n]), "\n")
	name, _, _ = strings.Cut(name, ", package")
	return strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(name, "\x00", "")), "\t", " ")
}()

// A world has one goroutine, on a thread of its own, that makes all MPI calls: so messages
// move while others compute, and the library needs no thread support. None of the calls
// between the first and the last blocks, so the job can always be aborted.
type world struct {
	rank, size, local, locals int
	calls                     chan func()
	active                    []*transfer // transfers in progress, in the order of their start
	waiting                   atomic.Int64
}

// Open starts MPI, if a launcher has started this process as one of several.
func Open() (comm.World, error) {
	if Launched() == 1 {
		return comm.Self{}, nil
	}
	// Go has handlers for these signals, which print stack traces.
	if _, given := os.LookupEnv("OMPI_MCA_opal_signal"); !given {
		if err := os.Setenv("OMPI_MCA_opal_signal", "6"); err != nil {
			return nil, err
		}
	}
	w := &world{calls: make(chan func(), 64)}
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // that thread must not wait for compute threads
	started := make(chan C.int)
	go func() {
		runtime.LockOSThread()
		var rank, size, local, locals C.int
		err := C.start(&rank, &size, &local, &locals)
		w.rank, w.size, w.local, w.locals = int(rank), int(size), int(local), int(locals)
		started <- err
		w.run()
	}()
	if err := <-started; err != 0 {
		return nil, errors.New("MPI does not start")
	}
	if w.size == 1 {
		return nil, fmt.Errorf("this process is one of %d, but MPI knows of no others: the launcher is not one of %s; use the mpirun of that library, srun with the right --mpi, or set %s=0 to train in each process alone", Launched(), Library, off)
	}
	return w, nil
}

// run makes the calls that other goroutines request, and polls while there are transfers.
func (w *world) run() {
	for {
		if len(w.active) == 0 {
			(<-w.calls)()
		}
		for began := time.Now(); len(w.active) > 0; {
			select {
			case call := <-w.calls:
				call()
				began = time.Now()
			default:
			}
			if w.poll() {
				began = time.Now()
				continue
			}
			w.pause(time.Since(began))
		}
	}
}

// poll reports whether a transfer is complete.
func (w *world) poll() (over bool) {
	left := w.active[:0]
	for _, t := range w.active {
		if C.over(t.requests, t.n) == 0 {
			left = append(left, t)
			continue
		}
		over = true
		C.free(unsafe.Pointer(t.requests))
		t.pins.Unpin()
		close(t.over)
	}
	clear(w.active[len(left):])
	w.active = left
	return over
}

// pause yields to other threads: briefly if a goroutine waits, which has nothing else to
// do; longer if none waits, or if the wait is long, as for a rank that writes a file.
func (w *world) pause(idle time.Duration) {
	const patience = 5 * time.Millisecond
	if w.waiting.Load() > 0 && idle < patience {
		C.sched_yield()
		return
	}
	C.rest(200_000)
}

// A transfer is messages, or another MPI call, in progress.
type transfer struct {
	world    *world
	n        C.int
	requests *C.MPI_Request
	pins     runtime.Pinner // pins the memory that MPI reads and writes
	over     chan struct{}
}

// begin calls begin on MPI's thread; it creates n requests.
func (w *world) begin(n int, begin func(t *transfer)) *transfer {
	t := &transfer{world: w, n: C.int(n), over: make(chan struct{})}
	w.calls <- func() {
		t.requests = C.requests(t.n)
		begin(t)
		w.active = append(w.active, t)
	}
	return t
}

func (t *transfer) Wait() {
	select {
	case <-t.over:
		return
	default:
	}
	t.world.waiting.Add(1)
	<-t.over
	t.world.waiting.Add(-1)
}

// pin pins the memory of values, of which there must be at least one.
func pin[T any](t *transfer, values []T) unsafe.Pointer {
	p := &values[0]
	t.pins.Pin(p)
	return unsafe.Pointer(p)
}

func (w *world) Rank() int                { return w.rank }
func (w *world) Size() int                { return w.size }
func (w *world) Local() (rank, count int) { return w.local, w.locals }

func (w *world) Exchange(send, receive []comm.Message) comm.Transfer {
	return w.begin(len(send)+len(receive), func(t *transfer) {
		for i, m := range receive {
			C.receive(pin(t, m.Values), C.int(len(m.Values)), C.int(m.Rank), t.requests, C.int(i))
		}
		for i, m := range send {
			C.send(pin(t, m.Values), C.int(len(m.Values)), C.int(m.Rank), t.requests, C.int(len(receive)+i))
		}
	})
}

func (w *world) AllGather(all, mine []byte) {
	if len(mine) == 0 {
		return
	}
	w.begin(1, func(t *transfer) {
		C.allGather(pin(t, all), pin(t, mine), C.int(len(mine)), t.requests)
	}).Wait()
}

func (w *world) Broadcast(data []byte, root int) {
	const most = 1 << 30 // MPI counts in 32 bits
	for ; len(data) > 0; data = data[min(most, len(data)):] {
		part := data[:min(most, len(data))]
		w.begin(1, func(t *transfer) {
			C.broadcast(pin(t, part), C.int(len(part)), C.int(root), t.requests)
		}).Wait()
	}
}

func (w *world) Barrier() {
	w.begin(1, func(t *transfer) { C.barrier(t.requests) }).Wait()
}

// Abort makes the launcher end all processes, and does not return.
func (w *world) Abort(code int) {
	w.calls <- func() { C.endAll(C.int(code)) }
	select {}
}

func (w *world) Close() {
	closed := make(chan struct{})
	w.calls <- func() { C.MPI_Finalize(); close(closed) }
	<-closed
}
