package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/slurm"
	"cnntrain/internal/spec"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"
)

// jobNames returns the names of the jobs of a sweep's stages. Jobs are found by name, so no
// file has to record them. The digits at the end are a hash of the folder's path after
// resolving links.
func jobNames(w *sweep.Sweep) (names []string) {
	dir := w.Dir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil { // a dry run has no folder yet
		dir = real
	}
	of := w.Name
	if base := filepath.Base(dir); spec.NamesFolder(base) { // otherwise squeue cannot be asked for it
		of += "-" + base
	}
	for stage := range w.Stages {
		names = append(names, fmt.Sprintf("cnntrain-%s-stage-%d-%08x", of, stage+1, crc32.ChecksumIEEE([]byte(dir))))
	}
	return names
}

// queued returns the tasks of a sweep that wait or run.
func queued(ctx context.Context, w *sweep.Sweep) ([]slurm.Task, error) {
	if _, err := exec.LookPath("squeue"); err != nil {
		return nil, errors.New("squeue is not here")
	}
	out, err := say(exec.CommandContext(ctx, "squeue", "--noheader", "--array", "--Format="+slurm.QueueFormat, "--name="+strings.Join(jobNames(w), ",")))
	if err != nil {
		return nil, err
	}
	return slurm.ParseQueue(out)
}

// submitted reports whether a sweep was submitted to Slurm.
func submitted(w *sweep.Sweep) bool {
	for stage := range w.Stages {
		if exists(filepath.Join(w.Dir, scriptName(w, stage))) {
			return true
		}
	}
	return false
}

// A queuedTask is a task in Slurm's queue, as in sweep status --json.
type queuedTask struct {
	Stage    int    `json:"stage"` // from 1
	Task     int    `json:"task"`
	Member   int    `json:"member,omitempty"` // absent: not decided
	Job      string `json:"job"`
	State    string `json:"state"`
	Requeued int    `json:"requeued"` // times
}

// queueOf returns the queue of a sweep in Slurm.
func queueOf(ctx context.Context, w *sweep.Sweep) (queue []queuedTask, err error) {
	tasks, err := queued(ctx, w)
	names := jobNames(w)
	for _, t := range tasks {
		if stage := slices.Index(names, t.Name); stage >= 0 {
			member, _ := w.Member(stage, t.Number)
			queue = append(queue, queuedTask{stage + 1, t.Number, member, t.Job, strings.ToLower(t.State), t.Restarts})
		}
	}
	return queue, err
}

// showQueue prints the queue of a submitted sweep.
func showQueue(queue []queuedTask, s *streams) {
	counts := map[string]int{}
	var states []string
	for _, t := range queue {
		if counts[t.State]++; counts[t.State] == 1 {
			states = append(states, t.State)
		}
		if t.Requeued > 0 {
			who := fmt.Sprintf("task %d of stage %d", t.Task, t.Stage)
			if t.Member > 0 {
				who = fmt.Sprintf("member %d (%s)", t.Member, who)
			}
			s.logf("%s, %s, was requeued %s", who, t.State, words.Count(t.Requeued, "time"))
		}
	}
	if len(queue) == 0 {
		s.logf("no task is in the queue of Slurm")
		return
	}
	slices.Sort(states)
	for i, state := range states {
		states[i] = fmt.Sprintf("%d %s", counts[state], state)
	}
	s.logf("in the queue of Slurm: %s", strings.Join(states, ", "))
}
