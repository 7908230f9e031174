package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cnntrain/internal/sweep"
	"cnntrain/internal/table"
	"cnntrain/internal/words"
)

// followEvery is the interval at which the members under way are looked at.
const followEvery = time.Second

// A sweepProgress shows on a terminal the members that are trained: a line that is redrawn.
type sweepProgress struct {
	*streams
	w     *sweep.Sweep
	mu    sync.Mutex // of what follows, and of lines to the terminal
	under []sweep.Job
	over  int // trainings that have ended
	of    int
	end   chan struct{}
}

// newSweepProgress shows progress until stop is called.
func newSweepProgress(s *streams, w *sweep.Sweep) *sweepProgress {
	p := &sweepProgress{streams: s, w: w, of: w.Left(), end: make(chan struct{})}
	if p.errWidth() == 0 {
		return p
	}
	go func() {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			select {
			case <-p.end:
				return
			case <-tick.C:
				p.draw()
			}
		}
	}()
	return p
}

// stop removes the line.
func (p *sweepProgress) stop() {
	close(p.end)
	p.print(func() {})
}

// begins adds a job to those under way.
func (p *sweepProgress) begins(j sweep.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.under = append(p.under, j)
}

// ends removes it.
func (p *sweepProgress) ends(j sweep.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over++
	p.under = slices.DeleteFunc(p.under, func(other sweep.Job) bool { return other.Dir == j.Dir })
}

// print removes the line while say writes others.
func (p *sweepProgress) print(say func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open.Load() {
		p.redraw("")
	}
	say()
}

func (p *sweepProgress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.end:
		return
	default:
	}
	if line := p.line(); line != "" {
		p.redraw(table.Cut(line, p.errWidth()-1)) // a line that wraps cannot be redrawn
	}
}

// line describes the jobs under way:
//
//	2 of 8 done; member 3 (train.batch_size=32): 4 epochs, val_accuracy 0.6123; member 4 …
func (p *sweepProgress) line() string {
	if len(p.under) == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("%s of %s done", words.Commas(p.over), words.Commas(p.of))}
	for _, j := range p.under {
		r := p.w.Outcome(j)
		part := fmt.Sprintf("member %d", r.Member)
		if what := setting(p.w, r.Values); what != "" {
			part += " (" + what + ")"
		}
		part += ": " + words.Count(r.Epochs, "epoch")
		if r.Value != nil {
			part += fmt.Sprintf(", %s %.4f", p.w.Metric, *r.Value)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
