package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// dashboardAfter returns a view after some epochs, in the middle of the next one.
func dashboardAfter(epochs, width, height int) *dashboardView {
	v := &dashboardView{dashboardInfo: dashboardInfo{"lenet5 on cifar10, run in runs/lenet5/1", 32}}
	v.Update(tea.WindowSizeMsg{Width: width, Height: height})
	for e := 1; e <= epochs+1; e++ {
		loss := 2 / float64(e)
		s := dashboardState{
			Epoch: e, Epochs: 20, Step: 100, Steps: 100, timed: 100, over: true, best: e != 3, rate: 0.001, elapsed: time.Second,
			logs: callback.Logs{{Name: "loss", Value: loss}, {Name: "accuracy", Value: 0.5}, {Name: "val_loss", Value: loss + 0.1}, {Name: "val_accuracy", Value: 0.4}},
		}
		if e == epochs+1 {
			s.over, s.best, s.Step, s.timed, s.logs = false, false, 50, 50, s.logs[:2]
		}
		v.Update(s)
	}
	return v
}

func TestDashboardFitsTheTerminal(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 60}, {20, 5}, {1, 1}, {10, 2}, {61, 12}} {
		for _, epochs := range []int{0, 1, 3, 200} {
			lines := strings.Split(dashboardAfter(epochs, size[0], size[1]).render(), "\n")
			if len(lines) != size[1] {
				t.Errorf("%v after %d epochs: %d lines", size, epochs, len(lines))
			}
			for _, l := range lines {
				if size[0] > 10 && lipgloss.Width(l) > size[0] {
					t.Errorf("%v after %d epochs: %d columns: %q", size, epochs, lipgloss.Width(l), l)
				}
			}
		}
	}
}

func TestDashboardShowsHowTrainingStands(t *testing.T) {
	got := dashboardAfter(3, 80, 24).render()
	for _, want := range []string{
		"lenet5 on cifar10", "epoch 4/20", "50/100", "1,600 images/s", "20ms/step", "learning rate 0.001",
		"loss ┄ training", "accuracy ┄ training", "─ validation", "val_accuracy", "    3  0.6667", "q: plain lines",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, " *"); n != 1 || !strings.Contains(got, "0.4000 *\n    3") {
		t.Errorf("the best epoch, 2, is not marked:\n%s", got)
	}
	if narrow := dashboardAfter(3, 40, 20).render(); strings.Contains(narrow, "accuracy ┄") || !strings.Contains(narrow, "loss ┄") {
		t.Errorf("a narrow terminal has one chart:\n%s", narrow)
	}
	if first := dashboardAfter(0, 80, 24).render(); !strings.Contains(first, "epoch 1/20") {
		t.Errorf("the first epoch:\n%s", first)
	}
}

// A resumed run has its whole history, and the speed of the steps that were done since.
func TestDashboardOfAResumedRun(t *testing.T) {
	var all []runs.Figures
	for e := 1; e <= 3; e++ {
		all = append(all, runs.Figures{{Name: "loss", Value: 2 / float64(e)}, {Name: "val_loss", Value: 3 / float64(e)}})
	}
	v := dashboardAfter(-1, 80, 24)
	v.past = pastEpochs(all, func(epoch int) bool { return epoch == 2 })
	v.Update(dashboardState{Epoch: 4, Epochs: 5, Step: 90, Steps: 100, timed: 10, elapsed: time.Second, logs: callback.Logs{{Name: "loss", Value: 0.5}}})
	got := v.render()
	for _, want := range []string{"epoch 4/5", "320 images/s", "100ms/step", "ETA 1s\n", "    1  2.0000    3.0000\n", "    2  1.0000    1.5000 *"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	v.now.Epoch, v.now.Step, v.now.timed, v.now.elapsed = 3, 100, 100, 10*time.Second
	if got := v.render(); !strings.Contains(got, " 100/100 10s\n") {
		t.Errorf("the end of an epoch:\n%s", got)
	}
	all[0] = runs.Figures{} // lost with a damaged file
	v.past = pastEpochs(all, func(int) bool { return false })
	if got := v.render(); !strings.Contains(got, "    1       -         -\n    2  1.0000    1.5000\n") {
		t.Errorf("an epoch without figures:\n%s", got)
	}
	v.past[0].logs = callback.Logs{{Name: "loss", Value: 1}}
	if loss, val := v.curve("loss"), v.curve("val_loss"); len(loss) != 4 || len(val) != 2 {
		t.Errorf("curves of %d and %d values", len(loss), len(val))
	}
}

func TestDashboardKeys(t *testing.T) {
	press := func(v *dashboardView, key tea.KeyPressMsg) (quits bool) {
		_, cmd := v.Update(key)
		if cmd == nil {
			return false
		}
		_, quits = cmd().(tea.QuitMsg)
		return quits
	}
	ctrlC := tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	v := dashboardAfter(1, 80, 24)
	stopped := 0
	v.stop = func() { stopped++ }
	if !press(v, tea.KeyPressMsg{Code: 'q', Text: "q"}) || stopped != 0 {
		t.Error("q has to leave the dashboard, and training as it is")
	}
	if press(v, ctrlC) || stopped != 1 || !strings.Contains(v.render(), "stopping") {
		t.Error("ctrl-c has to stop training, which then ends the dashboard")
	}
	if !press(v, ctrlC) || stopped != 1 {
		t.Error("ctrl-c once more has to give the terminal back")
	}
}

func TestCurvesAreDrawnFromTopToBottom(t *testing.T) {
	p := newCurvePlot(axisWidth+4, 3, nil, []float64{3, 1})
	plain := strings.NewReplacer("\x1b[36m", "", "\x1b[m", "")
	got := plain.Replace(strings.Join(p.lines(), "\n"))
	if want := "      3 ⢣   \n         ⠱⡀ \n      1   ⠘⢄"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDashboardWithoutATerminalIsPlain(t *testing.T) {
	var b bytes.Buffer
	s := wide(&b, 80) // nothing to read keys from
	cb := newDashboard(s, func() {}, dashboardInfo{}, func() time.Time { return time.Unix(0, 0) }, func(int) bool { return false }, func() []runs.Figures { return nil })
	state := &callback.State{Epoch: 1, Epochs: 1, Step: 1, Steps: 1}
	if err := cb.Start(state); err != nil {
		t.Fatal(err)
	}
	if err := cb.Epoch(state); err != nil || !strings.HasPrefix(b.String(), "Epoch 1/1 ") {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// A dashboard whose program has ended, as after q, writes the lines that were held back.
func TestLeavingTheDashboardShowsTheLinesSoFar(t *testing.T) {
	var b bytes.Buffer
	s := wide(&b, 0)
	d := &dashboard{streams: s, now: time.Now, done: make(chan struct{}), plain: &progress{now: time.Now, best: func(int) bool { return false }}}
	d.hide()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	d.view = &dashboardView{stop: stop}
	d.program = tea.NewProgram(d.view, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(&bytes.Buffer{}), tea.WithWindowSize(80, 24))
	go func() {
		defer close(d.done)
		_, _ = d.program.Run()
	}()
	for epoch := 1; epoch <= 3; epoch++ {
		if epoch == 3 {
			d.program.Quit()
			<-d.done
		}
		s.logf("message %d", epoch)
		if err := d.epoch(&callback.State{Epoch: epoch, Epochs: 3, Step: 1, Steps: 1}); err != nil {
			t.Fatal(err)
		}
		if epoch < 3 && b.Len() > 0 {
			t.Errorf("written behind the dashboard: %q", b.String())
		}
	}
	if err := d.end(&callback.State{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	for epoch := 1; epoch <= 3 && len(lines) == 7; epoch++ {
		message, line := lines[2*epoch-2], lines[2*epoch-1]
		if message != fmt.Sprintf("cnntrain: message %d\n", epoch) || !strings.HasPrefix(line, fmt.Sprintf("Epoch %d/3 ", epoch)) {
			t.Errorf("epoch %d: %q, %q", epoch, message, line)
		}
	}
	if len(lines) != 7 {
		t.Errorf("not a message and a line of each epoch:\n%s", b.String())
	}
}
