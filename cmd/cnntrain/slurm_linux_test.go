package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slurmConf is a cluster of this machine alone. A requeued job waits until its old
// credential has expired; the lifetime is short for that reason.
const slurmConf = `
ClusterName=test
SlurmctldHost=%[1]s(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd.pid
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=10
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
`

// startSlurm starts munged, slurmctld and slurmd, and configures their clients.
func startSlurm(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("starting a Slurm cluster needs root")
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here: install slurm-wlm and munge", program)
		}
	}
	dir, err := os.MkdirTemp("/tmp", "slurm") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // may fail while a daemon still writes
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	for _, d := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("key", strings.Repeat("no secret of anybody ", 10))
	write("slurm.conf", fmt.Sprintf(slurmConf, host, dir, freePort(t), freePort(t)))
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	daemon(t, "munged", "--foreground", "--force", "--key-file="+dir+"/key", "--socket="+dir+"/munge.socket",
		"--pid-file="+dir+"/munge.pid", "--log-file="+dir+"/munge.log", "--seed-file="+dir+"/seed")
	waitFor(t, 10*time.Second, "munged", func() bool { return exists(dir + "/munge.socket") })
	said := []*bytes.Buffer{daemon(t, "slurmctld", "-D"), daemon(t, "slurmd", "-D")}
	waitFor(t, 30*time.Second, "the cluster", func() bool {
		out, err := exec.Command("sinfo", "--noheader", "--format=%T").Output()
		return err == nil && strings.TrimSpace(string(out)) == "idle"
	}, said...)
}

// freePort returns a free port of this machine.
func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemon runs a program until the test ends, and returns its output.
func daemon(t *testing.T, name string, args ...string) *bytes.Buffer {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		ended := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer ended.Stop()
		_ = cmd.Wait() // ended by our own signal
	})
	return &said
}

func waitFor(t *testing.T, most time.Duration, what string, ready func() bool, said ...*bytes.Buffer) {
	t.Helper()
	for end := time.Now().Add(most); !ready(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			text := ""
			for _, b := range said {
				text += b.String()
			}
			t.Fatalf("%s is not there after %v\n%s", what, most, text)
		}
	}
}

const slurmSpec = `
input: [32, 32, 3]
data: {dataset: {shapes: {train: 400, test: 50}}, validation_split: 0.2}
layers:
  - conv2d: {filters: 8, kernel_size: 3, activation: relu}
  - batch_normalization
  - max_pooling2d: 2
  - flatten
  - dense: {units: 32, activation: relu}
  - dense: {units: 10, activation: softmax}
train: {epochs: EPOCHS}
`

const slurmGrid = `
spec: tiny.yaml
params: {train.optimizer.learning_rate: [0.01, 0.003, 0.001]}
slurm: {time: "10", cpus: 1, memory: 200M}
`

const slurmHalving = `
spec: tiny.yaml
params: {train.optimizer.learning_rate: [0.03, 0.01, 0.003, 0.001]}
search: {halving: {runs: 4, factor: 2}}
`

// TestSweepsOnSlurm submits sweeps to a real cluster, which this test starts.
func TestSweepsOnSlurm(t *testing.T) {
	startSlurm(t)
	dir := filepath.Join(t.TempDir(), `it's 50%j "of it" #1`)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("tiny.yaml", strings.Replace(slurmSpec, "EPOCHS", "2", 1))
	write("grid.yaml", slurmGrid)
	write("halving.yaml", slurmHalving)

	// Errors of Slurm are reported, and nothing is lost.
	_, said, code := cnntrain(t, "sweep", "grid.yaml", "--slurm", "--partition", "nowhere")
	if code != exitFailed || !strings.Contains(said, "sbatch: error") || !strings.Contains(said, "partition") || !strings.Contains(said, "cnntrain sweep --resume sweeps/grid/1 --slurm") {
		t.Errorf("an unknown partition: exit code %d\n%s", code, said)
	}
	// Flags override the environment, too.
	t.Setenv("SBATCH_PARTITION", "nowhere")
	submitAndWait(t, "sweeps/grid/1", "sweep", "--resume", "sweeps/grid/1", "--slurm", "--partition", "main")
	os.Unsetenv("SBATCH_PARTITION")
	if logs, _ := filepath.Glob("sweeps/grid/1/slurm-*-[012].log"); len(logs) != 3 {
		t.Errorf("the tasks left %q", logs)
	}

	// Members have the same bytes as in a sweep on one machine.
	if _, said, code := cnntrain(t, "sweep", "grid.yaml"); code != exitDone {
		t.Fatal(said)
	}
	for i := 1; i <= 3; i++ {
		sameFile(t, fmt.Sprintf("sweeps/grid/1/member-%d/best.safetensors", i), fmt.Sprintf("sweeps/grid/2/member-%d/best.safetensors", i))
	}
	out, said, _ := cnntrain(t, "sweep", "status", "sweeps/grid/1")
	if strings.Count(out, "finished") != 3 || !strings.Contains(said, "no task is in the queue of Slurm") {
		t.Errorf("status:\n%s%s", out, said)
	}
	sameFigures(t, "sweeps/grid/1", "sweeps/grid/2")

	// Each stage of successive halving waits for the previous one. Queued tasks are not
	// submitted twice; canceled ones are submitted again.
	if out, err := exec.Command("scontrol", "update", "PartitionName=main", "State=DOWN").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, said, code := cnntrain(t, "sweep", "halving.yaml", "--slurm", "--cpus", "1", "--memory", "200M"); code != exitDone {
		t.Fatal(said)
	}
	again := []string{"sweep", "--resume", "sweeps/halving/1", "--slurm", "--cpus", "1", "--memory", "200M"}
	_, said, code = cnntrain(t, again...)
	_, cancel, hinted := strings.Cut(strings.TrimSpace(said), "6 tasks of sweeps/halving/1 are still in the queue; wait, or: ")
	if code != exitFailed || !hinted {
		t.Fatalf("submitted twice: exit code %d\n%s", code, said)
	}
	if out, err := exec.Command("sh", "-c", cancel).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", cancel, err, out)
	}
	if out, err := exec.Command("scontrol", "update", "PartitionName=main", "State=UP").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	submitAndWait(t, "sweeps/halving/1", again...)
	if _, said, code := cnntrain(t, "sweep", "halving.yaml"); code != exitDone {
		t.Fatal(said)
	}
	best, _ := filepath.Glob("sweeps/halving/2/*/best.safetensors")
	if len(best) < 6 {
		t.Fatalf("only %v", best)
	}
	for _, file := range best {
		sameFile(t, strings.Replace(file, "halving/2", "halving/1", 1), file)
	}
	sameFigures(t, "sweeps/halving/1", "sweeps/halving/2")

	// A requeued member resumes, and ends like an uninterrupted one.
	write("tiny.yaml", strings.Replace(slurmSpec, "EPOCHS", "150", 1))
	write("one.yaml", "spec: tiny.yaml\nparams: {train.seed: [3]}\n")
	job, said, code := cnntrain(t, "sweep", "one.yaml", "--slurm", "--cpus", "1", "--memory", "200M")
	if code != exitDone {
		t.Fatal(said)
	}
	member := "sweeps/one/1/member-1"
	waitFor(t, 20*time.Second, "the third epoch", func() bool {
		rows, _ := os.ReadFile(member + "/metrics.csv")
		return bytes.Count(rows, []byte("\n")) > 3
	})
	_, said, code = cnntrain(t, "sweep", "--resume", "sweeps/one/1", "--slurm")
	if code != exitFailed || !strings.Contains(said, "1 task of sweeps/one/1 is still in the queue") {
		t.Errorf("submitted twice: exit code %d\n%s", code, said)
	}
	if out, err := exec.Command("scontrol", "requeue", strings.TrimSpace(job)+"_0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	waitFor(t, 20*time.Second, "the task in the queue again", func() bool {
		_, said, _ := cnntrain(t, "sweep", "status", "sweeps/one/1")
		return strings.Contains(said, "member 1 (task 0 of stage 1), ") && strings.Contains(said, "was requeued 1 time")
	})
	waitForSweep(t, "sweeps/one/1")
	var info struct {
		Status  string
		Resumed int
	}
	text, err := os.ReadFile(member + "/run.json")
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil || info.Status != "finished" || info.Resumed != 1 {
		t.Errorf("after requeuing: %+v, %v", info, err)
	}
	if _, said, code := cnntrain(t, "fit", "tiny.yaml", "--seed", "3", "--out", "alone"); code != exitDone {
		t.Fatal(said)
	}
	sameFile(t, member+"/best.safetensors", "alone/best.safetensors")
}

// cnntrain runs the program.
func cnntrain(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	cmd := exec.Command("cnntrain", args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// submitAndWait submits a sweep and returns when all of it is done.
func submitAndWait(t *testing.T, dir string, args ...string) {
	t.Helper()
	out, said, code := cnntrain(t, args...)
	if code != exitDone || out == "" {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out, said)
	}
	waitForSweep(t, dir)
}

func waitForSweep(t *testing.T, dir string) {
	t.Helper()
	var queue bytes.Buffer // as it was last
	waitFor(t, time.Minute, "the end of "+dir, func() bool {
		out, _ := exec.Command("squeue", "--format=%i %T %S %r").CombinedOutput()
		queue.Reset()
		queue.Write(out)
		_, said, _ := cnntrain(t, "sweep", "status", dir)
		return strings.Contains(said, "no task is in the queue")
	}, &queue)
	if _, said, _ := cnntrain(t, "sweep", "status", dir); strings.Contains(said, "to go") {
		logs, _ := filepath.Glob(dir + "/*.log")
		for _, l := range logs {
			text, _ := os.ReadFile(l)
			said += l + ":\n" + string(text)
		}
		t.Fatalf("%s is not done\n%s", dir, said)
	}
}

// sameFigures compares the output of sweep status for the members of two sweeps, except for
// times.
func sameFigures(t *testing.T, a, b string) {
	t.Helper()
	type figures struct {
		Member, Epochs, Epoch int
		Values                []string
		Status                string
		Value, Accuracy       float64
	}
	var boards [2]struct{ Members []figures }
	for i, dir := range []string{a, b} {
		out, said, _ := cnntrain(t, "sweep", "status", dir, "--json")
		if err := json.Unmarshal([]byte(out), &boards[i]); err != nil {
			t.Fatalf("%v\n%s%s", err, out, said)
		}
	}
	if len(boards[0].Members) == 0 || !reflect.DeepEqual(boards[0], boards[1]) {
		t.Errorf("%s has\n%+v\n%s\n%+v", a, boards[0], b, boards[1])
	}
}

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	x, err1 := os.ReadFile(a)
	y, err2 := os.ReadFile(b)
	if err1 != nil || err2 != nil || !bytes.Equal(x, y) {
		t.Errorf("%s is not %s: %v %v", a, b, err1, err2)
	}
}
