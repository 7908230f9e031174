package sweep

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"cnntrain/internal/shutdown"
)

// A Process holds the settings of the processes that train members.
type Process struct {
	DataDir string // folder of the datasets; empty: the default
	CPU     string // value of --cpu; empty: the best one
	Threads int
}

// Train trains one member in a process of its own, so that a crash affects only that
// member: this program as cnntrain fit. Its output goes to a log file beside its run
// folder. When ctx is done, the process is asked to stop, and waited for.
func (s *Sweep) Train(ctx context.Context, j Job, p Process) (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(j.Dir+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	cmd := exec.CommandContext(ctx, program, s.memberArgs(j, p)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "CNNTRAIN_MPI=0") // also if the sweep is a process of mpirun
	cmd.SysProcAttr = memberProcess()
	cmd.Cancel = func() error {
		// Windows cannot send signals, but there ctrl-c has reached the member as well.
		_ = cmd.Process.Signal(os.Interrupt)
		return nil
	}
	defer shutdown.Hold()() // a signal waits for the members, which save their state
	runtime.LockOSThread()  // a member ends with the thread that started it, see memberProcess
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

// memberArgs returns the command line that trains a member.
func (s *Sweep) memberArgs(j Job, p Process) []string {
	args := []string{"fit", "--threads", strconv.Itoa(p.Threads)}
	if p.DataDir != "" {
		args = append(args, "--data-dir", p.DataDir)
	}
	if p.CPU != "" {
		args = append(args, "--cpu", p.CPU)
	}
	if j.Resume {
		return append(args, "--resume", j.Dir)
	}
	args = append(args, filepath.Join(s.Dir, SpecFile), "--out", j.Dir)
	for _, set := range j.Sets {
		args = append(args, "--set", set)
	}
	if len(s.Stages) > 1 {
		args = append(args, "--epochs", strconv.Itoa(j.Epochs))
	}
	return args
}
