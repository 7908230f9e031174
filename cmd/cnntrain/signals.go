package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// burst is the time after a signal within which further signals count as the same: a parent
// that is killed sends one for each of its threads.
const burst = 200 * time.Millisecond

// A signalError is the cause of a canceled context: a request to stop.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// notifyContext returns a context that the first signal cancels, so that training stops
// between two steps; a second signal ends the process at once.
func notifyContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP) // of a closed terminal
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

// exitSignaled is the exit code of a program ended by a signal, as in shells: 130 for
// ctrl-c, 143 for SIGTERM.
func exitSignaled(ctx context.Context) int {
	number := syscall.SIGINT
	if s, ok := context.Cause(ctx).(*signalError); ok {
		number = s.signal
	}
	return 128 + int(number)
}
