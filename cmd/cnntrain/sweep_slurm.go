package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/runs"
	"cnntrain/internal/slurm"
	"cnntrain/internal/sweep"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

// slurmFlags are the flags for the resources of a member.
var slurmFlags = []string{"account", "partition", "time", "cpus", "memory"}

func addSlurmFlags(cmd *cobra.Command, o *sweepOptions) {
	cmd.Flags().BoolVar(&o.slurm, "slurm", false, "submit the members to Slurm as a job array, and return")
	addTextFlag(cmd, &o.resources.Account, "account", "with --slurm: charge `ACCOUNT`")
	addTextFlag(cmd, &o.resources.Partition, "partition", "with --slurm: run in `PARTITION`")
	addTextFlag(cmd, &o.resources.Time, "time", "with --slurm: the time limit `TIME` of a member, in sbatch's format: 90, 4:00:00, 1-12")
	cmd.Flags().IntVar(&o.resources.CPUs, "cpus", 0, "with --slurm: `N` CPUs for each member")
	addTextFlag(cmd, &o.resources.Memory, "memory", "with --slurm: `SIZE` of memory for each member, such as 8G")
}

// checkSlurmFlags rejects flags that have no effect without --slurm, or with values that
// Slurm does not accept.
func checkSlurmFlags(cmd *cobra.Command, o *sweepOptions) error {
	for _, name := range slurmFlags {
		if cmd.Flags().Changed(name) && !o.slurm {
			return usagef("--%s is for --slurm; add it or leave --%s out", name, name)
		}
	}
	if cmd.Flags().Changed("cpus") && o.resources.CPUs < 1 {
		return usagef("--cpus %d: must be at least 1", o.resources.CPUs)
	}
	if o.slurm && cmd.Flags().Changed("threads") {
		return usagef("--threads is for training on this machine; with --slurm, a member has as many as --cpus says")
	}
	if o.slurm && o.create {
		return usagef("--slurm makes the folder too; leave out --create")
	}
	if err := o.resources.Check(); err != nil {
		return usagef("--%v", err)
	}
	return nil
}

// A submission is a job array that was submitted, or would be.
type submission struct {
	Stage  int    `json:"stage"` // from 1
	Job    string `json:"job,omitempty"`
	Tasks  int    `json:"tasks"`
	Script string `json:"script"`         // file of the script
	Text   string `json:"text,omitempty"` // content of the script
}

type submissionsJSON struct {
	Sweep string       `json:"sweep"`
	Jobs  []submission `json:"jobs"`
}

// submitSweep submits each unfinished stage of a sweep to Slurm, as a job array that
// depends on the previous one.
func submitSweep(ctx context.Context, o *sweepOptions, w *sweep.Sweep, s *streams) error {
	if err := maySubmit(ctx, w); err != nil {
		return err
	}
	all := []submission{}
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
		sub := newSubmission(w, stage, a)
		folder := &runs.Run{Dir: w.Dir}
		err = folder.Write(scriptName(w, stage), func(out io.Writer) error { _, err := io.WriteString(out, a.Script()); return err })
		if err != nil {
			return err
		}
		sub.Job, err = submit(ctx, a, sub.Script)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && after != "":
			return fmt.Errorf("%w; the stages before are submitted; once that is fixed: scancel %s; cnntrain sweep --resume %s --slurm", err, strings.Join(jobsOf(all), " "), words.Shell(w.Dir))
		case err != nil:
			return fmt.Errorf("%w; once that is fixed: cnntrain sweep --resume %s --slurm", err, words.Shell(w.Dir))
		}
		after = sub.Job
		s.logf("stage %d of %s: job %s, %s", sub.Stage, w.Dir, sub.Job, words.Count(sub.Tasks, "task"))
		all = append(all, sub)
	}
	if len(all) == 0 {
		s.logf("%s is done: nothing to submit", w.Dir)
	}
	if o.json {
		return s.printJSON(submissionsJSON{w.Dir, all})
	}
	for _, job := range jobsOf(all) {
		if err := s.printf("%s\n", job); err != nil {
			return err
		}
	}
	s.logf("to see how it goes: %s", commandLine("sweep", "status", w.Dir))
	return nil
}

// maySubmit returns an error unless jobs of w can be submitted: Slurm is available, and no
// task of w is queued, which would train the same.
func maySubmit(ctx context.Context, w *sweep.Sweep) error {
	if _, err := exec.LookPath("sbatch"); err != nil {
		return fmt.Errorf("sbatch is not here: --slurm needs a machine from which jobs are submitted; once it is: cnntrain sweep --resume %s --slurm", words.Shell(w.Dir))
	}
	tasks, err := queued(ctx, w)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w; once that is fixed: cnntrain sweep --resume %s --slurm", err, words.Shell(w.Dir))
	case len(tasks) == 0:
		return nil
	}
	verb := "are"
	if len(tasks) == 1 {
		verb = "is"
	}
	var jobs []string
	for _, t := range tasks {
		if !slices.Contains(jobs, t.Job) {
			jobs = append(jobs, t.Job)
		}
	}
	return fmt.Errorf("%s of %s %s still in the queue; wait, or: scancel %s", words.Count(len(tasks), "task"), w.Dir, verb, strings.Join(jobs, " "))
}

// showScripts prints what would be submitted.
func showScripts(o *sweepOptions, w *sweep.Sweep, s *streams) error {
	all := []submission{}
	for stage := range w.Stages {
		a, err := newArray(o, w, stage)
		if err != nil {
			return err
		}
		if len(a.Tasks) == 0 {
			continue
		}
		if len(all) > 0 {
			a.After = "JOB"
		}
		sub := newSubmission(w, stage, a)
		sub.Text = a.Script()
		all = append(all, sub)
	}
	if o.json {
		return s.printJSON(submissionsJSON{w.Dir, all})
	}
	for _, sub := range all {
		if _, err := fmt.Fprint(s.out, sub.Text); err != nil {
			return err
		}
	}
	return nil
}

func jobsOf(all []submission) (jobs []string) {
	for _, sub := range all {
		jobs = append(jobs, sub.Job)
	}
	return jobs
}

func newSubmission(w *sweep.Sweep, stage int, a *slurm.Array) submission {
	return submission{Stage: stage + 1, Tasks: len(a.Tasks), Script: filepath.Join(w.Dir, scriptName(w, stage))}
}

func scriptName(w *sweep.Sweep, stage int) string {
	if len(w.Stages) == 1 {
		return "slurm.sh"
	}
	return fmt.Sprintf("slurm-stage-%d.sh", stage+1)
}

// newArray returns the job array of a stage of w.
func newArray(o *sweepOptions, w *sweep.Sweep, stage int) (*slurm.Array, error) {
	here, err1 := os.Getwd()
	program, err2 := os.Executable()
	logs, err3 := filepath.Abs(w.Dir)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	a := &slurm.Array{
		Resources: o.resources.Or(w.Slurm), Name: jobNames(w)[stage], Tasks: w.Tasks(stage), AtOnce: o.parallel,
		Comment: fmt.Sprintf("Trains the members of %s; written by cnntrain sweep --slurm.", w.Dir),
		Logs:    logs, Dir: here, Command: []string{program, "sweep", "member", w.Dir},
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
	return a, a.Check()
}

func submit(ctx context.Context, a *slurm.Array, script string) (job string, err error) {
	cmd := exec.CommandContext(ctx, "sbatch", "--parsable", script)
	cmd.Env = a.Environ(os.Environ())
	out, err := say(cmd)
	if err != nil {
		return "", err
	}
	return slurm.ParseSubmitted(out)
}

// say runs a command of Slurm and returns its output; the error contains its error message.
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
