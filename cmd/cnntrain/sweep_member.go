package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"cnntrain/internal/sweep"
)

// trainMember trains one member as a process of its own, so that a crash takes
// nothing with it. What it says goes to a file beside its run folder. If ctx ends,
// the process is asked to stop, and waited for.
func trainMember(ctx context.Context, o *sweepOptions, w *sweep.Sweep, j sweep.Job, threads int) (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(j.Dir+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	cmd := exec.CommandContext(ctx, program, memberArgs(o, w, j, threads)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "CNNTRAIN_MPI=0") // also where the sweep is a process of mpirun
	cmd.SysProcAttr = memberProcess()
	cmd.Cancel = func() error {
		// Windows cannot ask, but there ctrl-c has reached the member as well.
		_ = cmd.Process.Signal(os.Interrupt)
		return nil
	}
	runtime.LockOSThread() // a member ends with the thread that started it, see memberProcess
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

// memberArgs is the command line that trains a member.
func memberArgs(o *sweepOptions, w *sweep.Sweep, j sweep.Job, threads int) []string {
	args := []string{"fit", "--threads", strconv.Itoa(threads)}
	if o.dataDir != "" {
		args = append(args, "--data-dir", o.dataDir)
	}
	if o.cpu != "" {
		args = append(args, "--cpu", o.cpu)
	}
	if j.Resume {
		return append(args, "--resume", j.Dir)
	}
	args = append(args, filepath.Join(w.Dir, sweep.SpecFile), "--out", j.Dir)
	for _, set := range j.Sets {
		args = append(args, "--set", set)
	}
	if len(w.Stages) > 1 {
		args = append(args, "--epochs", strconv.Itoa(j.Epochs))
	}
	return args
}
