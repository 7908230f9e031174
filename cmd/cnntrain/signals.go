package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// burst is how long signals after the first one are taken for the same: a parent that
// is killed sends one for each of its threads.
const burst = 200 * time.Millisecond

// A signalError is why a context ended: somebody asked the program to.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// notifyContext returns a context that the first signal ends, which asks for a stop
// between two steps; after it a second one ends the process at once.
func notifyContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP) // of a terminal that was closed
	}
	go func() {
		select {
		case s := <-signals:
			number, _ := s.(syscall.Signal)
			cancel(&signalError{number})
			time.AfterFunc(burst, func() { signal.Stop(signals) })
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(context.Canceled) }
}

// exitSignaled is the exit code of a program that a signal ended, as shells have it:
// 130 for ctrl-c, 143 for SIGTERM.
func exitSignaled(ctx context.Context) int {
	number := syscall.SIGINT
	if s, ok := context.Cause(ctx).(*signalError); ok {
		number = s.signal
	}
	return 128 + int(number)
}
