package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/runs"
	"cnntrain/internal/slurm"
	"cnntrain/internal/sweep"

	"github.com/spf13/cobra"
)

// slurmFlags is the flags that say what a member asks the cluster for.
var slurmFlags = []string{"account", "partition", "time", "cpus", "memory"}

func addSlurmFlags(cmd *cobra.Command, o *sweepOptions) {
	cmd.Flags().BoolVar(&o.slurm, "slurm", false, "submit the members to Slurm as a job array, and return")
	addTextFlag(cmd, &o.resources.Account, "account", "with --slurm: the `ACCOUNT` that pays")
	addTextFlag(cmd, &o.resources.Partition, "partition", "with --slurm: run in `PARTITION`")
	addTextFlag(cmd, &o.resources.Time, "time", "with --slurm: the longest `TIME` of a member, as sbatch takes it: 90, 4:00:00, 1-12")
	cmd.Flags().IntVar(&o.resources.CPUs, "cpus", 0, "with --slurm: `N` processors for each member")
	addTextFlag(cmd, &o.resources.Memory, "memory", "with --slurm: `SIZE` of memory for each member, such as 8G")
}

// checkSlurmFlags refuses flags that say nothing without --slurm, or nothing that Slurm takes.
func checkSlurmFlags(cmd *cobra.Command, o *sweepOptions) error {
	for _, name := range slurmFlags {
		if cmd.Flags().Changed(name) && !o.slurm {
			return usagef("--%s is for --slurm; add it or leave --%s out", name, name)
		}
	}
	if cmd.Flags().Changed("cpus") && o.resources.CPUs < 1 {
		return usagef("--cpus %d: must be at least 1", o.resources.CPUs)
	}
	if o.slurm && o.create {
		return usagef("--slurm makes the folder too; leave out --create")
	}
	if err := o.resources.Check(); err != nil {
		return usagef("--%v", err)
	}
	return nil
}

// A submission is a job array that Slurm has got.
type submission struct {
	Stage  int    `json:"stage"` // from 1
	Job    string `json:"job,omitempty"`
	Tasks  int    `json:"tasks"`
	Script string `json:"script"`
}

// submitSweep gives each stage of a sweep that is not done to Slurm, as a job array that
// waits for the one before.
func submitSweep(ctx context.Context, o *sweepOptions, w *sweep.Sweep, s *streams) error {
	if _, err := exec.LookPath("sbatch"); err != nil {
		return fmt.Errorf("sbatch is not here: --slurm needs a machine from which jobs are submitted; once it is: cnntrain sweep --resume %s --slurm", w.Dir)
	}
	switch tasks, err := queued(ctx, w); {
	case err != nil:
		return err
	case len(tasks) > 0:
		verb := "are"
		if len(tasks) == 1 {
			verb = "is"
		}
		return fmt.Errorf("%s of %s %s still in the queue; wait, or: scancel --name=%s", plural(len(tasks), "task"), w.Dir, verb, strings.Join(jobNames(w), ","))
	}
	var all []submission
	after := ""
	for stage := range w.Stages {
		a, err := newArray(o, w, stage)
		if err != nil {
			return err
		}
		if len(a.Tasks) == 0 {
			continue
		}
		a.After = after
		sub := submission{Stage: stage + 1, Tasks: len(a.Tasks), Script: filepath.Join(w.Dir, scriptName(w, stage))}
		folder := &runs.Run{Dir: w.Dir}
		err = folder.Write(scriptName(w, stage), func(out io.Writer) error { _, err := io.WriteString(out, a.Script()); return err })
		if err != nil {
			return err
		}
		if sub.Job, err = submit(ctx, sub.Script); err != nil {
			return fmt.Errorf("%w; once that is mended: cnntrain sweep --resume %s --slurm", err, w.Dir)
		}
		after = sub.Job
		s.logf("stage %d of %s: job %s, %s", sub.Stage, w.Dir, sub.Job, plural(sub.Tasks, "task"))
		all = append(all, sub)
	}
	if len(all) == 0 {
		s.logf("%s is done: nothing to submit", w.Dir)
	}
	if o.json {
		return s.printJSON(struct {
			Sweep string       `json:"sweep"`
			Jobs  []submission `json:"jobs"`
		}{w.Dir, all})
	}
	for _, sub := range all {
		if _, err := fmt.Fprintln(s.out, sub.Job); err != nil {
			return err
		}
	}
	s.logf("to see how it goes: cnntrain sweep status %s", w.Dir)
	return nil
}

// showScripts prints what would be submitted.
func showScripts(o *sweepOptions, p sweep.Plan, s *streams) error {
	w := &sweep.Sweep{Dir: runs.Next("sweeps", p.Name), Plan: p}
	for stage := range w.Stages {
		a, err := newArray(o, w, stage)
		if err != nil {
			return err
		}
		if stage > 0 {
			a.After = "JOB"
		}
		if _, err := fmt.Fprint(s.out, a.Script()); err != nil {
			return err
		}
	}
	return nil
}

func scriptName(w *sweep.Sweep, stage int) string {
	if len(w.Stages) == 1 {
		return "slurm.sh"
	}
	return fmt.Sprintf("slurm-stage-%d.sh", stage+1)
}

// newArray is the job array of a stage of w.
func newArray(o *sweepOptions, w *sweep.Sweep, stage int) (*slurm.Array, error) {
	here, err1 := os.Getwd()
	program, err2 := os.Executable()
	output, err3 := filepath.Abs(filepath.Join(w.Dir, "slurm-%A-%a.log"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	a := &slurm.Array{
		Resources: o.resources.Or(w.Slurm), Name: jobNames(w)[stage], Tasks: w.Tasks(stage), AtOnce: o.parallel,
		Comment: fmt.Sprintf("Trains the members of %s; written by cnntrain sweep --slurm.", w.Dir),
		Output:  output, Dir: here, Command: []string{program, "sweep", "member", w.Dir},
	}
	if a.AtOnce == 0 && w.Parallel > 1 {
		a.AtOnce = w.Parallel
	}
	if len(w.Stages) > 1 {
		a.Command = append(a.Command, "--stage", fmt.Sprint(stage+1))
	}
	if o.dataDir != "" {
		a.Command = append(a.Command, "--data-dir", o.dataDir)
	}
	if o.cpu != "" {
		a.Command = append(a.Command, "--cpu", o.cpu)
	}
	a.Command = append(a.Command, "--task")
	return a, nil
}

// jobNames are those of the jobs of a sweep's stages, by which they are found again: so no
// file has to say which jobs there are. The digits at the end are of the folder's path.
func jobNames(w *sweep.Sweep) (names []string) {
	dir, err := filepath.Abs(w.Dir)
	if err != nil {
		dir = w.Dir
	}
	for stage := range w.Stages {
		names = append(names, fmt.Sprintf("cnntrain-%s-%s-stage-%d-%08x", w.Name, filepath.Base(dir), stage+1, crc32.ChecksumIEEE([]byte(dir))))
	}
	return names
}

func submit(ctx context.Context, script string) (job string, err error) {
	out, err := say(exec.CommandContext(ctx, "sbatch", "--parsable", script))
	if err != nil {
		return "", err
	}
	return slurm.ParseSubmitted(out)
}

// say runs a command of Slurm and returns what it prints; the error has what it complains of.
func say(cmd *exec.Cmd) (string, error) {
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		text := strings.Join(strings.Fields(complaint.String()), " ")
		if text == "" {
			text = err.Error()
		}
		return "", errors.New(text) // which begins with the command's name
	}
	return out.String(), nil
}

// queued returns the tasks of a sweep that wait or run.
func queued(ctx context.Context, w *sweep.Sweep) ([]slurm.Task, error) {
	out, err := say(exec.CommandContext(ctx, "squeue", "--noheader", "--array", "--Format="+slurm.QueueFormat, "--name="+strings.Join(jobNames(w), ",")))
	if err != nil {
		return nil, err
	}
	return slurm.ParseQueue(out)
}

// showQueue says what Slurm has of a sweep that was submitted.
func showQueue(ctx context.Context, w *sweep.Sweep, s *streams) {
	submitted := false
	for stage := range w.Stages {
		submitted = submitted || exists(filepath.Join(w.Dir, scriptName(w, stage)))
	}
	if !submitted {
		return
	}
	tasks, err := queued(ctx, w)
	if err != nil {
		s.logf("the queue of Slurm is not known: %v", err)
		return
	}
	names := jobNames(w)
	counts := map[string]int{}
	var states []string
	for _, t := range tasks {
		state := strings.ToLower(t.State)
		if counts[state]++; counts[state] == 1 {
			states = append(states, state)
		}
		if t.Restarts > 0 {
			s.logf("task %d of stage %d, %s, was requeued %s", t.Number, slices.Index(names, t.Name)+1, state, plural(t.Restarts, "time"))
		}
	}
	if len(tasks) == 0 {
		s.logf("no task is in the queue of Slurm")
		return
	}
	slices.Sort(states)
	for i, state := range states {
		states[i] = fmt.Sprintf("%d %s", counts[state], state)
	}
	s.logf("in the queue of Slurm: %s", strings.Join(states, ", "))
}
