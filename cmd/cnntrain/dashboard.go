package main

import (
	"context"
	"time"

	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"

	tea "charm.land/bubbletea/v2"
)

// newDashboard shows training on the whole terminal. The key q ends the dashboard and shows
// the lines of newProgress, which have been collected in the background; ctrl-c calls stop.
// Without a terminal it is newProgress from the start. past returns the epochs of a resumed run.
func newDashboard(s *streams, stop context.CancelFunc, about dashboardInfo, now func() time.Time, best func(epoch int) bool, past func() []runs.Figures) callback.Callback {
	plain := &progress{streams: s, now: now, best: best}
	if s.errWidth() == 0 || s.in == nil || s.terminal == nil {
		return plain.callback()
	}
	about.title = words.OneLine(about.title)
	d := &dashboard{plain: plain, streams: s, now: now, past: past, view: &dashboardView{dashboardInfo: about, stop: stop}, done: make(chan struct{})}
	return callback.Callback{Start: d.start, Batch: d.batch, Epoch: d.epoch, End: d.end}
}

// A dashboard is the training side of the Bubble Tea program that draws and reads keys.
// They communicate only by messages.
type dashboard struct {
	plain   *progress
	streams *streams // to the terminal
	release func()   // writes what has been kept behind the dashboard
	now     func() time.Time
	past    func() []runs.Figures
	drawn   time.Time
	began   time.Time // start of the epoch
	view    *dashboardView
	program *tea.Program
	done    chan struct{} // closed when the program has released the terminal
	err     error         // after that: why the dashboard failed
	shown   bool
}

func (d *dashboard) start(s *callback.State) error {
	d.view.past = pastEpochs(d.past(), d.plain.best)
	d.program = tea.NewProgram(d.view, tea.WithOutput(d.streams.terminal), tea.WithInput(d.streams.in), tea.WithoutSignalHandler())
	d.began = d.now()
	d.hide()
	go func() {
		defer close(d.done)
		_, d.err = d.program.Run()
	}()
	return d.plain.start(s)
}

// hide keeps the lines of plain, and messages, behind the dashboard, which would be written over them.
func (d *dashboard) hide() {
	d.shown, d.release = true, d.streams.screen.keep()
	d.plain.streams = &streams{out: d.streams.out, err: d.streams.err, screen: d.streams.screen, errWidth: func() int { return 0 }}
}

// pastEpochs returns the epochs that earlier processes completed, whose times are not known.
func pastEpochs(all []runs.Figures, best func(epoch int) bool) (past []dashboardState) {
	for i, figures := range all {
		e := dashboardState{Epoch: i + 1, over: true, best: best(i + 1)}
		for _, f := range figures {
			e.logs = append(e.logs, callback.Log(f))
		}
		past = append(past, e)
	}
	return past
}

func (d *dashboard) batch(s *callback.State) error {
	err := d.plain.batch(s)
	if now := d.now(); d.shown && now.Sub(d.drawn) >= redraw {
		d.drawn = now
		d.send(s, now, false)
	}
	return err
}

func (d *dashboard) epoch(s *callback.State) error {
	now := d.now()
	d.send(s, now, true)
	d.began = now
	return d.plain.epoch(s)
}

func (d *dashboard) end(s *callback.State) error {
	if d.shown {
		d.program.Quit()
		<-d.done
		d.leave()
	}
	return d.plain.end(s)
}

// send sends the state of the training to the program, unless it has ended.
func (d *dashboard) send(s *callback.State, now time.Time, over bool) {
	select {
	case <-d.done:
		d.leave()
		return
	default:
	}
	d.program.Send(dashboardState{
		Epoch: s.Epoch, Epochs: s.Epochs, Step: s.Step, Steps: s.Steps, timed: int(d.plain.steps(s)), over: over,
		logs: append(callback.Logs(nil), s.Logs...), rate: s.StepRate, elapsed: now.Sub(d.began),
		best: over && d.plain.best(s.Epoch),
	})
}

// leave continues with plain lines, starting with those of the earlier epochs.
func (d *dashboard) leave() {
	if d.shown {
		d.shown = false
		d.release()
		d.plain.streams = d.streams
		if d.err != nil {
			d.streams.logf("no dashboard: %v", d.err)
		}
	}
}
