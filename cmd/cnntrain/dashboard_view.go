package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cnntrain/internal/table"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// dashboardInfo is the constant data of a training.
type dashboardInfo struct {
	title     string
	batchSize int
}

// A dashboardState is the current state of a training.
type dashboardState struct {
	Epoch, Epochs, Step, Steps int
	timed                      int  // steps of the epoch that this process has done
	over                       bool // of the epoch, with its validation
	best                       bool // of a complete epoch: it is the best so far
	logs                       callback.Logs
	rate                       float64
	elapsed                    time.Duration // since the start of the epoch; 0: by an earlier process
}

// A dashboardView draws the dashboard and handles keys.
type dashboardView struct {
	dashboardInfo
	stop          context.CancelFunc
	width, height int
	now           dashboardState
	past          []dashboardState // complete epochs, from the first
	stopping      bool
}

func (v *dashboardView) Init() tea.Cmd { return nil }

func (v *dashboardView) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		v.width, v.height = msg.Width, msg.Height
	case dashboardState:
		v.now = msg
		if msg.over {
			v.past = append(v.past, msg)
		}
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q":
			return v, tea.Quit
		case "ctrl+c":
			if v.stopping { // second ctrl-c: release the terminal, so that keys reach the process
				return v, tea.Quit
			}
			v.stopping = true
			v.stop()
		case "ctrl+z":
			return v, tea.Suspend
		}
	}
	return v, nil
}

func (v *dashboardView) View() tea.View {
	view := tea.NewView(v.render())
	view.AltScreen = true
	view.WindowTitle = v.title
	return view
}

var (
	boldStyle       = lipgloss.NewStyle().Bold(true)
	softStyle       = lipgloss.NewStyle().Faint(true)
	trainingStyle   = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	validationStyle = lipgloss.NewStyle().Foreground(lipgloss.Cyan)
)

// render fills the screen: current state, curves, last epochs, keys.
func (v *dashboardView) render() string {
	if v.width == 0 || v.height == 0 {
		return ""
	}
	head := v.head()
	foot := softStyle.Render(v.cut("q: plain lines, training continues   ctrl-c: stop and save"))
	if v.stopping {
		foot = boldStyle.Render(v.cut("stopping after this step and saving …"))
	}
	space := v.height - len(head) - 1
	rows := min(len(v.past)+1, max(3, space/3))
	if charts := space - rows - 1; charts >= 5 {
		head = append(head, v.charts(charts)...)
		head = append(head, "")
	} else {
		rows = min(len(v.past)+1, max(space, 0))
	}
	lines := append(head, v.table(rows)...)
	lines = lines[:min(len(lines), v.height-1)]
	for len(lines) < v.height-1 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, foot), "\n")
}

// head shows the current loss and metrics.
func (v *dashboardView) head() []string {
	s := &v.now
	lines := []string{boldStyle.Render(v.cut(v.title))}
	if s.Step == 0 {
		return append(lines, v.cut("the first step …"))
	}
	timed := max(1, s.timed)
	step := s.elapsed / time.Duration(timed)
	left := step * time.Duration(s.Steps-s.Step)
	clock, all := " ETA "+short(left), ", of all epochs "
	if s.Step == s.Steps {
		clock, all = " "+short(s.elapsed), ", ETA of all epochs "
	}
	count := fmt.Sprintf(" %d/%d", s.Step, s.Steps)
	epoch := fmt.Sprintf("epoch %d/%d ", s.Epoch, s.Epochs)
	bar := max(5, min(40, v.width-len(epoch)-len(count)-36))
	full := s.Step * bar / s.Steps
	line := epoch + strings.Repeat("━", full) + strings.Repeat("─", bar-full) + count + clock
	var n, took time.Duration
	for _, p := range v.past {
		if p.elapsed > 0 {
			n, took = n+1, took+p.elapsed/time.Duration(max(1, p.timed))*time.Duration(p.Steps)
		}
	}
	if n > 0 && s.Epoch < s.Epochs {
		line += all + short(left+took/n*time.Duration(s.Epochs-s.Epoch))
	}
	figures := ""
	for _, l := range s.logs {
		figures += fmt.Sprintf("%s %.4f  ", l.Name, l.Value)
	}
	rate := fmt.Sprintf("%s images/s  %s/step  learning rate %.4g", words.Commas(int(float64(timed*v.batchSize)/max(s.elapsed.Seconds(), 1e-9))), short(step), s.rate)
	return append(lines, v.cut(line), v.cut(figures), v.cut(rate), "")
}

// cut truncates a line to the width.
func (v *dashboardView) cut(line string) string {
	return table.Cut(line, v.width)
}

// chartGap is the number of columns between two charts.
const chartGap = 3

// charts draws the loss and, on a wide terminal, the first metric.
func (v *dashboardView) charts(height int) []string {
	names := []string{"loss"}
	if len(v.now.logs) > 1 && v.width >= 60 && !strings.HasPrefix(v.now.logs[1].Name, "val_") {
		names = append(names, v.now.logs[1].Name)
	}
	width := (v.width - chartGap*(len(names)-1)) / len(names)
	var drawn []string
	for i, name := range names {
		if i > 0 {
			drawn = append(drawn, strings.Repeat(" ", chartGap))
		}
		training, validation := v.curve(name), v.curve("val_"+name)
		legend := trainingStyle.Render(name + " ┄ training")
		if len(validation) > 0 {
			legend += "  " + validationStyle.Render("─ validation")
		}
		c := newCurvePlot(width, height-1, training, validation)
		drawn = append(drawn, lipgloss.JoinVertical(lipgloss.Left, append([]string{legend}, c.lines()...)...))
	}
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, drawn...), "\n")
}

// curve returns a metric of the complete epochs and of the current one.
func (v *dashboardView) curve(name string) (values []float64) {
	all := v.past
	if !v.now.over {
		all = append(all[:len(all):len(all)], v.now)
	}
	for _, s := range all {
		if value, ok := s.logs.Get(name); ok {
			values = append(values, value)
		}
	}
	return values
}

// figureWidth is the number of columns of a value: 0.1234.
const figureWidth = 6

// table lists the last epochs with their metrics, as many as fit.
func (v *dashboardView) table(rows int) (lines []string) {
	if len(v.past) == 0 || rows < 2 {
		return nil
	}
	head := "epoch"
	var names []string
	for _, l := range v.past[len(v.past)-1].logs { // figures of earlier ones may be lost
		name := fmt.Sprintf("  %*s", figureWidth, l.Name)
		if len(head)+len(name)+2 > v.width {
			break
		}
		head += name
		names = append(names, l.Name)
	}
	lines = append(lines, boldStyle.Render(v.cut(head)))
	latest := len(v.past) - 1
	bestEpoch := 0
	for _, s := range v.past {
		if s.best {
			bestEpoch = s.Epoch
		}
	}
	for _, s := range v.past[max(0, latest+1-(rows-1)):] {
		line := fmt.Sprintf("%5d", s.Epoch)
		for _, name := range names {
			figure := "-"
			if value, ok := s.logs.Get(name); ok {
				figure = fmt.Sprintf("%.4f", value)
			}
			line += fmt.Sprintf("  %*s", max(figureWidth, len(name)), figure)
		}
		if s.Epoch == bestEpoch {
			line += " *"
		}
		lines = append(lines, v.cut(line))
	}
	return lines
}
