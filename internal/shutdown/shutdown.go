// Package shutdown ends the process after a signal, wherever it is: in a read that nobody
// answers, in a library that cannot be interrupted. Code that heeds its context returns by itself;
// the rest is abandoned, and what it has half written is removed.
package shutdown

import (
	"os"
	"slices"
	"sync"
	"time"
)

// Grace is how long code has to return by itself, and then, once more, how long removing what is
// half written may take.
const Grace = 400 * time.Millisecond

var (
	mu     sync.Mutex
	holds  int
	ending bool
	undo   []*func() // in the order of the calls of Undo
)

// Undo calls f if the process ends before done is called.
func Undo(f func()) (done func()) {
	lock()
	defer mu.Unlock()
	undo = append(undo, &f)
	return func() {
		lock()
		defer mu.Unlock()
		undo = slices.DeleteFunc(undo, func(other *func()) bool { return other == &f })
	}
}

// Remove removes a file or a folder with its content if the process ends before done is called.
func Remove(path string) (done func()) {
	return Undo(func() { _ = os.RemoveAll(path) }) // the process ends anyway
}

// Hold lets the process end only after release. It is for work that stops by itself and then
// saves its state, such as training.
func Hold() (release func()) {
	lock()
	defer mu.Unlock()
	holds++
	return sync.OnceFunc(func() {
		mu.Lock()
		defer mu.Unlock()
		holds--
	})
}

// lock locks mu. Once the process is ending it blocks forever, so that nothing new begins.
func lock() {
	mu.Lock()
	if ending {
		mu.Unlock()
		select {}
	}
}

// Wait waits after a signal until returned has a value, which it returns, or, if nothing holds
// the process for the time of Grace, until it is time to end: then ok is false. It calls held if
// something holds the process for longer than a second.
func Wait(returned <-chan int, held func()) (code int, ok bool) {
	last := time.Now() // at which something held the process
	tick := time.NewTicker(Grace / 20)
	defer tick.Stop()
	tell := time.After(time.Second)
	for {
		select {
		case code := <-returned:
			return code, true
		case <-tell:
			if !begin(false) {
				go held() // which may write to a terminal that nobody reads
			}
		case now := <-tick.C:
			if end := now.Sub(last) >= Grace; !begin(end) {
				last = now
			} else if end {
				return 0, false
			}
		}
	}
}

// begin reports whether nothing holds the process. If so, and end says so, the process is ending.
func begin(end bool) bool {
	mu.Lock()
	defer mu.Unlock()
	if holds == 0 && end {
		ending = true
	}
	return holds == 0
}

// Clean undoes what Undo was given, the latest first, and then calls more. It takes no longer
// than Grace: the disk may be the reason why nothing goes on.
func Clean(more func()) {
	mu.Lock()
	ending = true
	todo := slices.Clone(undo)
	mu.Unlock()
	slices.Reverse(todo)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range todo {
			(*f)()
		}
		more()
	}()
	select {
	case <-done:
	case <-time.After(Grace):
	}
}
