package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
)

// A listener shows the progress of a training on the terminal.
type listener struct {
	*streams
	screen bool               // --dashboard
	stop   context.CancelFunc // stops the training, on ctrl-c in the dashboard
}

// Logf writes a line.
func (l *listener) Logf(format string, args ...any) { l.logf(format, args...) }

// Watch returns the callback that shows training as the flags say.
func (l *listener) Watch(e *experiment.Experiment, r *runs.Run) callback.Callback {
	signal.Ignore(syscall.SIGPIPE) // training continues when its output is closed
	best := func(epoch int) bool { return r.Info.Best != nil && r.Info.Best.Epoch == epoch }
	if !l.screen {
		return newProgress(l.streams, time.Now, best)
	}
	about := dashboardInfo{fmt.Sprintf("%s on %s, run in %s", e.Spec.Name, e.Data.Name, r.Dir), e.Train.BatchSize}
	return newDashboard(l.streams, l.stop, about, time.Now, best, func() []runs.Figures { return r.Info.Epochs })
}
