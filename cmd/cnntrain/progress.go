package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"cnntrain/internal/table"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"

	"github.com/schollz/progressbar/v3"
)

// barWidth is the number of columns of the bar.
const barWidth = 10

// redraw is the interval at which the line of a running epoch is redrawn.
const redraw = 100 * time.Millisecond

// newProgress shows the progress of training: on a terminal a line that is redrawn,
// elsewhere one line per epoch.
//
//	Epoch 3/20 ━━━━━━━━━━ 1250/1250 12s 9ms/step loss: 1.2301 accuracy: 0.5612 val_loss: … best
//
// An epoch ends in "best" if best says that it is the best so far.
func newProgress(s *streams, now func() time.Time, best func(epoch int) bool) callback.Callback {
	return (&progress{streams: s, now: now, best: best}).callback()
}

func (p *progress) callback() callback.Callback {
	return callback.Callback{Start: p.start, Batch: p.batch, Epoch: p.epoch, End: p.end}
}

type progress struct {
	*streams
	now          func() time.Time
	best         func(epoch int) bool
	began, drawn time.Time
	trained      time.Time // end of the steps of the epoch
	skipped      int       // steps of the epoch that an earlier process completed
}

func (p *progress) start(s *callback.State) error {
	p.began, p.skipped = p.now(), s.Step%s.Steps
	return nil
}

func (p *progress) batch(s *callback.State) error {
	now := p.now()
	if s.Step <= p.skipped { // the epoch started again
		p.skipped = 0
	}
	if s.Step == s.Steps {
		p.trained = now
	}
	if p.errWidth() > 0 && (now.Sub(p.drawn).Abs() >= redraw || s.Step == s.Steps) {
		p.drawn = now
		line, room := p.line(s, now, barWidth), p.errWidth()-1
		if over := table.Width(line) - room; over > 0 { // a line that wraps cannot be redrawn
			line = table.Cut(p.line(s, now, max(barWidth-over, 0)), room)
		}
		p.redraw(line)
	}
	return nil
}

func (p *progress) epoch(s *callback.State) error {
	if p.open.Load() {
		p.redraw("")
	}
	line := p.line(s, p.trained, barWidth)
	if p.best(s.Epoch) {
		line += " best"
	}
	fmt.Fprintln(p.err, words.OneLine(line))
	p.open.Store(false)
	p.began, p.skipped = p.now(), 0
	return nil
}

// end leaves the line of an interrupted epoch on the terminal.
func (p *progress) end(*callback.State) error {
	p.endLine()
	return nil
}

// line formats the epoch, whose steps ran from p.began to at, with a bar.
func (p *progress) line(s *callback.State, at time.Time, bar int) string {
	elapsed := at.Sub(p.began)
	full := s.Step * bar / s.Steps
	count := fmt.Sprintf("%*d/%d", len(fmt.Sprint(s.Steps)), s.Step, s.Steps)
	line := fmt.Sprintf("Epoch %d/%d %s%s %s %s %s/step", s.Epoch, s.Epochs,
		strings.Repeat("━", full), strings.Repeat("─", bar-full), count,
		p.clock(elapsed, s), short(elapsed/p.steps(s)))
	for _, l := range s.Logs {
		line += fmt.Sprintf(" %s: %.4f", l.Name, l.Value)
	}
	return line
}

// clock returns the duration of the epoch, or the estimated time left.
func (p *progress) clock(elapsed time.Duration, s *callback.State) string {
	if s.Step == s.Steps {
		return short(elapsed)
	}
	return "ETA " + short(elapsed/p.steps(s)*time.Duration(s.Steps-s.Step))
}

// steps returns the number of timed steps of the epoch.
func (p *progress) steps(s *callback.State) time.Duration {
	return time.Duration(max(1, s.Step-p.skipped))
}

// short formats a duration in a suitable unit: 350us, 9ms, 12s, 3m05s, 2h14m.
func short(d time.Duration) string {
	d = max(d, 0) // the clock may be set back
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dus", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return words.Duration(d.Seconds())
}

// newCheckProgress shows on a terminal how many images of a folder have been checked.
func newCheckProgress(s *streams, now func() time.Time) func(done, total int) {
	var mu sync.Mutex
	drawn := now() // shown only if it takes longer than redraw
	return func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		switch at := now(); {
		case s.errWidth() == 0:
		case done == total && s.open.Load():
			s.redraw("")
		case at.Sub(drawn) >= redraw && done < total:
			drawn = at
			s.redraw(fmt.Sprintf("checking images %s/%s", words.Commas(done), words.Commas(total)))
		}
	}
}

// downloadWidth is the minimum width of the line of a download.
const downloadWidth = 80

// newDownloadProgress shows downloads: a bar on a terminal that is wide enough, elsewhere
// one line each.
func newDownloadProgress(s *streams) func(what string, done, total int64) {
	var bar *progressbar.ProgressBar
	var current string
	return func(what string, done, total int64) {
		if what != current {
			current = what
			if s.errWidth() < downloadWidth {
				s.logf("downloading %s", what)
				return
			}
			s.open.Store(true)
			bar = progressbar.NewOptions64(total,
				progressbar.OptionSetWriter(s.screen),
				progressbar.OptionSetDescription("downloading "+words.OneLine(what)),
				progressbar.OptionShowBytes(true),
				progressbar.OptionSetWidth(barWidth),
				progressbar.OptionThrottle(redraw),
				progressbar.OptionOnCompletion(s.endLine))
			_ = bar.RenderBlank()
		}
		if bar != nil {
			_ = bar.Set64(done) // a failure to draw must not stop the download
		}
	}
}
