// Package slurm writes the script of a job array for Slurm and parses the output of sbatch
// and squeue. It starts no process.
package slurm

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/words"
)

// Resources is what each task of an array requests from the cluster. Empty fields use the
// cluster's defaults.
type Resources struct {
	Account   string `json:"account,omitempty"`
	Partition string `json:"partition,omitempty"`
	Time      string `json:"time,omitempty"`
	CPUs      int    `json:"cpus,omitempty"`
	Memory    string `json:"memory,omitempty"`
}

// Options declares the section slurm of a sweep file.
func (r *Resources) Options(o *catalog.Options) {
	o.Bind(&r.Account, "account", "the account that pays")
	o.Bind(&r.Partition, "partition", "the partition to run in")
	o.Bind(&r.Time, "time", "the longest that the training of a member may take: 90 is minutes, 4:00:00 hours, 1-12 a day and 12 hours")
	o.Bind(&r.CPUs, "cpus", "processors for each member, which trains with as many threads; 0: as the cluster says").Min(0)
	o.Bind(&r.Memory, "memory", "memory for each member, such as 8G")
	o.Check(r.Check)
}

// The values that sbatch(1) accepts.
var (
	times = regexp.MustCompile(`^(\d+|\d+:\d+(:\d+)?|\d+-\d+(:\d+){0,2}|UNLIMITED)$`)
	sizes = regexp.MustCompile(`^\d+[KMGT]?$`)
	names = regexp.MustCompile(`^[\w.,@+-]*$`)
)

// Check returns an error that names values which Slurm would not accept, and what it
// accepts.
func (r *Resources) Check() error {
	switch {
	case r.Time != "" && !times.MatchString(r.Time):
		return fmt.Errorf("time %q: must be minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes or days-hours:minutes:seconds", r.Time)
	case r.Memory != "" && !sizes.MatchString(r.Memory):
		return fmt.Errorf("memory %q: must be a whole number followed by K, M, G or T, such as 8G", r.Memory)
	case !names.MatchString(r.Account):
		return fmt.Errorf("account %q: is no name of an account", r.Account)
	case !names.MatchString(r.Partition):
		return fmt.Errorf("partition %q: is no name of a partition", r.Partition)
	case r.CPUs < 0:
		return fmt.Errorf("cpus %d: must not be negative", r.CPUs)
	}
	return nil
}

// Or returns r with empty fields taken from other.
func (r Resources) Or(other Resources) Resources {
	text := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	if r.CPUs == 0 {
		r.CPUs = other.CPUs
	}
	return Resources{text(r.Account, other.Account), text(r.Partition, other.Partition), text(r.Time, other.Time), r.CPUs, text(r.Memory, other.Memory)}
}

// An Array is a job array to submit.
type Array struct {
	Resources
	Name    string   // name of the job
	Comment string   // comment in the script
	Tasks   []int    // numbers of the tasks, from 0
	AtOnce  int      // maximum number of tasks at the same time; 0: no limit
	Logs    string   // folder of each task's output
	After   string   // job that must end first; empty: none
	Dir     string   // working directory
	Command []string // the command, whose last word is replaced by the number of the task
}

// grace is how many seconds before the time limit a task is asked to save its state.
const grace = 60

// Script returns the batch script for sbatch.
func (a *Array) Script() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	option := func(name, value string) {
		if value != "" {
			line("#SBATCH --%s=%s", name, quoteOption(value))
		}
	}
	line("#!/bin/sh\n# %s", a.Comment)
	option("job-name", a.Name)
	tasks := ranges(a.Tasks)
	if a.AtOnce > 0 {
		tasks += "%" + strconv.Itoa(a.AtOnce)
	}
	option("array", tasks)
	if a.Logs != "" {
		option("output", strings.ReplaceAll(a.Logs, "%", "%%")+"/slurm-%A-%a.log") // job and task
	}
	option("open-mode", "append")
	line("#SBATCH --requeue")
	option("signal", fmt.Sprintf("B:TERM@%d", grace))
	option("account", a.Account)
	option("partition", a.Partition)
	option("time", a.Time)
	if a.CPUs > 0 {
		option("cpus-per-task", strconv.Itoa(a.CPUs))
	}
	option("mem", a.Memory)
	if a.After != "" {
		option("dependency", "afterany:"+a.After)
	}
	line("cd %s || exit 1", words.Shell(a.Dir))
	line("CNNTRAIN_MPI=0 # a member trains by itself")
	line("export CNNTRAIN_MPI")
	command := make([]string, len(a.Command))
	for i, w := range a.Command {
		command[i] = words.Shell(w)
	}
	line(`exec %s "$SLURM_ARRAY_TASK_ID"`, strings.Join(command, " "))
	return b.String()
}

// Check returns an error if a cannot be expressed as a script.
func (a *Array) Check() error {
	for _, path := range append([]string{a.Logs, a.Dir}, a.Command...) {
		if strings.ContainsAny(path, "\\\n") {
			return fmt.Errorf("%q: Slurm cannot write below a folder whose name has a backslash or a line break; rename it", path)
		}
	}
	return a.Resources.Check()
}

// Environ returns env without the variables that would override the script's options in
// sbatch, send half of a log elsewhere, or keep sbatch from returning before the job has ended.
func (a *Array) Environ(env []string) []string {
	drop := []string{"JOB_NAME", "ARRAY_INX", "OUTPUT", "ERROR", "OPEN_MODE", "REQUEUE", "NO_REQUEUE", "SIGNAL", "DEPENDENCY", "WAIT"}
	for _, o := range []struct {
		given bool
		names []string
	}{
		{a.Account != "", []string{"ACCOUNT"}},
		{a.Partition != "", []string{"PARTITION"}},
		{a.Time != "", []string{"TIMELIMIT"}},
		{a.CPUs > 0, []string{"CPUS_PER_TASK"}},
		{a.Memory != "", []string{"MEM_PER_NODE", "MEM_PER_CPU", "MEM_PER_GPU"}},
	} {
		if o.given {
			drop = append(drop, o.names...)
		}
	}
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		name, of := strings.CutPrefix(name, "SBATCH_")
		return of && slices.Contains(drop, name)
	})
}

// quoteOption quotes a value for a line that begins with #SBATCH.
func quoteOption(value string) string {
	if plainOption.MatchString(value) {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `\"`) + `"`
}

var plainOption = regexp.MustCompile(`^[\w./:=@%,+-]+$`)

// ranges formats ascending numbers as Slurm does: 0-3,7.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts, i = append(parts, part), j+1
	}
	return strings.Join(parts, ",")
}

// ParseSubmitted parses the output of sbatch --parsable: the job's number, followed by a
// semicolon and the cluster's name if there are several clusters.
func ParseSubmitted(answer string) (job string, err error) {
	job, _, _ = strings.Cut(strings.TrimSpace(answer), ";")
	if n, err := strconv.ParseUint(job, 10, 64); err != nil || n == 0 {
		return "", fmt.Errorf("sbatch answers %q, not the number of a job", answer)
	}
	return job, nil
}

// QueueFormat is the --Format for squeue, with --array and --noheader.
const QueueFormat = "ArrayJobID:.20,ArrayTaskID:.12,State:.20,RestartCnt:.12,Name:.200"

// A Task is one line of the queue.
type Task struct {
	Name     string // number of the job
	Job      string
	Number   int
	State    string // PENDING, RUNNING and so on
	Restarts int    // number of times it was requeued
}

// ParseQueue parses the output of squeue with QueueFormat.
func ParseQueue(text string) (tasks []Task, err error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 5 {
			return nil, fmt.Errorf("squeue prints %q, not five fields", strings.TrimSpace(line))
		}
		number, err1 := strconv.Atoi(fields[1])
		restarts, err2 := strconv.Atoi(fields[3])
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("squeue prints %q: %w", strings.TrimSpace(line), err)
		}
		tasks = append(tasks, Task{Job: fields[0], Number: number, State: fields[2], Restarts: restarts, Name: fields[4]})
	}
	return tasks, nil
}
