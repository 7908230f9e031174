package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/experiment"
)

var rankKills = flag.Int("rank-kills", 2, "how often TestNoRankTakesTheJobWithIt kills a rank")

// An mpiLibrary is an MPI library with a program built for it.
type mpiLibrary struct {
	name    string // openmpi or mpich
	program string
}

// libraries builds the program for each MPI library of this machine, once.
var libraries = sync.OnceValues(func() (all []mpiLibrary, err error) {
	dir, err := os.MkdirTemp("", "cnntrain-mpi")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"openmpi", "mpich"} {
		if _, err := exec.LookPath("mpicc." + name); err != nil {
			continue
		}
		m := mpiLibrary{name, filepath.Join(dir, "cnntrain-"+name)}
		cmd := exec.Command("go", "build", "-tags", "mpi", "-o", m.program, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "CC=mpicc."+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
		all = append(all, m)
	}
	return all, nil
})

func eachMPI(t *testing.T, f func(t *testing.T, m mpiLibrary)) {
	all, err := libraries()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Skip("mpicc.openmpi and mpicc.mpich are not here: install libopenmpi-dev and openmpi-bin, or libmpich-dev and mpich")
	}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) { f(t, m) })
	}
}

// A job is a number of ranks that were started. Rank r runs as a shell that writes its
// process id to pid.r, then executes what shell says.
type job struct {
	cmd  *exec.Cmd
	said bytes.Buffer
	dir  string
}

// start starts ranks with the arguments of the program in $@; shell may change them.
func (m mpiLibrary) start(t *testing.T, ranks int, shell string, args ...string) *job {
	t.Helper()
	j := &job{dir: t.TempDir()}
	script := `program=` + m.program + `; rank=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; echo $$ >` + j.dir + `/pid.$rank; ` + shell + `; exec "` + m.program + `" "$@"`
	j.cmd = exec.Command("mpirun."+m.name, append([]string{"-n", strconv.Itoa(ranks), "sh", "-c", script, "rank"}, args...)...)
	j.cmd.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_rmaps_base_oversubscribe=1", "OMPI_MCA_hwloc_base_binding_policy=none")
	j.cmd.Stdout, j.cmd.Stderr = &j.said, &j.said
	j.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return j
}

// end waits for the job, and fails after a timeout.
func (j *job) end(t *testing.T, most time.Duration) error {
	t.Helper()
	late := time.AfterFunc(most, func() {
		_ = syscall.Kill(-j.cmd.Process.Pid, syscall.SIGKILL) // it may just have ended
	})
	err := j.cmd.Wait()
	if !late.Stop() {
		t.Fatalf("the job still ran after %v\n%s", most, j.said.String())
	}
	return err
}

// run runs ranks to their end, which must be successful.
func (m mpiLibrary) run(t *testing.T, ranks int, args ...string) string {
	t.Helper()
	j := m.start(t, ranks, ":", args...)
	if err := j.end(t, 2*time.Minute); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, j.said.String())
	}
	return j.said.String()
}

// ranked is a training that is the same on any number of ranks: batch normalization is
// synchronized. Its last batch has fewer examples than there are ranks.
const ranked = `
name: ranked
input: [32, 32, 3]
data: {dataset: {shapes: {train: 403, test: 30}}, validation_split: 0.2}
layers:
  - random_flip: horizontal
  - random_rotation: 0.05
  - max_pooling2d: 2
  - conv2d: {filters: 8, kernel_size: 3}
  - batch_normalization: {sync: true}
  - relu
  - flatten
  - dropout: 0.3
  - dense: {units: 32, activation: relu}
  - dense: {units: 10, activation: softmax}
train:
  epochs: 6
  batch_size: 32
  optimizer: {sgd: {learning_rate: 0.02, momentum: 0.9}}
  early_stopping: {patience: 30, restore_best_weights: true}
`

func writeSpec(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ranked.yaml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// losses reads the columns of metrics.csv that are reproducible.
func losses(t *testing.T, run string) (all [][]float64) {
	t.Helper()
	f, err := os.Open(filepath.Join(run, "metrics.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		var values []float64
		for _, field := range row[:5] {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
		all = append(all, values)
	}
	return all
}

// TestRanksUnderMPI: any number of ranks has the losses of one process; the same number has
// the same bytes with any library; and any number can resume the run of another.
func TestRanksUnderMPI(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	spec := writeSpec(t, ranked)
	dir := t.TempDir()
	if _, said, code := cnntrain(t, "fit", spec, "--out", dir+"/1"); code != exitDone {
		t.Fatal(said)
	}
	want := losses(t, dir+"/1")
	first := map[int]string{} // run by number of ranks, with the first library
	eachMPI(t, func(t *testing.T, m mpiLibrary) {
		for _, ranks := range []int{2, 3, 4} {
			run := fmt.Sprintf("%s/%s-%d", dir, m.name, ranks)
			out := m.run(t, ranks, "fit", spec, "--out", run)
			if !strings.Contains(out, fmt.Sprintf("with %d ranks", ranks)) || strings.Count(out, "best epoch") != 1 {
				t.Errorf("%d ranks say\n%s", ranks, out)
			}
			for i, row := range losses(t, run) {
				for j, v := range row {
					if math.Abs(v-want[i][j]) > 0.01*math.Max(1, math.Abs(v)) {
						t.Errorf("%d ranks: epoch %d has %v, one process %v", ranks, i+1, row, want[i])
						break
					}
				}
			}
			if first[ranks] == "" {
				first[ranks] = run
				continue
			}
			for _, file := range []string{"best.safetensors", "last.safetensors"} {
				sameFile(t, filepath.Join(run, file), filepath.Join(first[ranks], file))
			}
		}
		out := m.run(t, 4, "fit", "--resume", dir+"/1")
		if strings.Count(out, "nothing is left to do") != 1 {
			t.Errorf("a finished run:\n%s", out)
		}
		run := filepath.Join(dir, m.name+"-resumed")
		j := m.start(t, 2, ":", "fit", spec, "--out", run, "--epochs", "200")
		waitFor(t, time.Minute, "an epoch", func() bool { _, err := os.Stat(run + "/last.safetensors"); return err == nil })
		_ = syscall.Kill(-j.cmd.Process.Pid, syscall.SIGTERM) // end reports the rest
		_ = j.end(t, 20*time.Second)                          // MPICH's mpirun, which received the signal too, may exit with 0
		if text := j.said.String(); strings.Count(text, "cnntrain: interrupted; to resume: ") != 1 {
			t.Errorf("an interrupted job says\n%s", text)
		}
		j = m.start(t, 3, ":", "fit", "--resume", run)
		waitFor(t, time.Minute, "going on", func() bool {
			text, _ := os.ReadFile(run + "/run.json")
			return bytes.Contains(text, []byte(`"ranks": 3`))
		})
		_ = syscall.Kill(-j.cmd.Process.Pid, syscall.SIGKILL)
		_ = j.cmd.Wait()
	})
}

// TestWhatRanksCannotShareStopsTheJob: an error is reported once, soon, and saved states
// are not damaged.
func TestWhatRanksCannotShareStopsTheJob(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	spec := writeSpec(t, ranked)
	other := writeSpec(t, strings.Replace(ranked, "units: 32", "units: 33", 1))
	wrong := writeSpec(t, strings.Replace(ranked, "units: 32", "unit: 32", 1))
	nan := writeSpec(t, strings.Replace(ranked, "learning_rate: 0.02", "learning_rate: 1.0e+30", 1))
	// One process has room for the weights, gradients and momentum of this model, three have not.
	large := writeSpec(t, strings.Replace(ranked, "units: 32", fmt.Sprintf("units: %d", experiment.TotalMemory()/4*3/(14*14*8)/16), 1))
	photos := t.TempDir()
	for i := range 2 {
		for class := range 2 {
			folder := fmt.Sprintf("%s/%d/photos/%d", photos, i, class)
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			for n := range 8 {
				if err := os.WriteFile(fmt.Sprintf("%s/%d.png", folder, n), grey(t, uint8(10*n+i)), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	others := map[string]string{} // program of another library, by that library's name
	all, err := libraries()
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		if len(all) > 1 {
			others[m.name] = all[(i+1)%len(all)].program
		}
	}
	folder := writeSpec(t, strings.NewReplacer("{shapes: {train: 403, test: 30}}", "./photos", "units: 10", "units: 2").Replace(ranked))
	eachMPI(t, func(t *testing.T, m mpiLibrary) {
		for _, c := range []struct {
			name, shell string
			args        []string
			code        int
			want        string
		}{
			{"a wrong spec", ":", []string{"fit", wrong}, 2, `unknown option "unit"`},
			{"another spec on rank 1", `[ $rank = 0 ] || { shift 2; set -- fit ` + other + ` "$@"; }`, []string{"fit", spec}, 1, `has another spec than rank 0: "- dense: {units: 33,`},
			{"no spec on rank 2", `[ $rank = 2 ] && { shift 2; set -- fit lost.yaml "$@"; }`, []string{"fit", spec}, 0, `rank 2 on `},
			{"other data on rank 1", `cd ` + photos + `/0; [ $rank = 1 ] && cd ../1`, []string{"fit", folder}, 1, "has other data than rank 0: digest "},
			{"another program on rank 2", `[ $rank = 2 ] && { cp "` + m.program + `" /tmp/other.$$; echo >>/tmp/other.$$; trap "rm /tmp/other.$$" EXIT; /tmp/other.$$ "$@"; exit; }`, []string{"fit", spec}, 1, "rank 2 on "},
			{"too small a batch", ":", []string{"fit", spec, "--batch-size", "2"}, 2, "batch_size 2 is less than the 3 ranks"},
			{"the mpirun of another library", `program=` + others[m.name] + `; exec $program "$@"`, []string{"fit", spec}, 2, "this process is one of 3, but MPI knows of no others: the launcher is not one of "},
			{"too large a model for all of them", ":", []string{"fit", large}, 1, "with batches of 32 on 3 ranks of this machine needs at least "},
			{"NaN", ":", []string{"fit", nan}, 1, "is not a finite number at epoch 1, step "},
			{"a full disk on rank 0", ":", []string{"fit", spec}, 1, "free some space, the file is as it was before; to resume from the last good state: cnntrain fit --resume "},
		} {
			t.Run(c.name, func(t *testing.T) {
				if strings.Contains(c.name, "another library") && others[m.name] == "" {
					t.Skip("there is only one MPI library")
				}
				dir := t.TempDir()
				if strings.Contains(c.name, "disk") { // space for one state and the best weights
					if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1200k"); err != nil {
						t.Skipf("mounting a small disk: %v", err)
					}
					t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }) // otherwise TempDir fails
				}
				began := time.Now()
				j := m.start(t, 3, c.shell, append(c.args, "--out", dir+"/run")...)
				err := j.end(t, 30*time.Second)
				var exit *exec.ExitError
				if !errors.As(err, &exit) || c.code > 0 && exit.ExitCode() != c.code {
					t.Errorf("it ends with %v, want exit code %d", err, c.code)
				}
				said := j.said.String()
				if strings.Count(said, c.want) != 1 {
					t.Errorf("it does not say %q once:\n%s", c.want, said)
				}
				if strings.Contains(c.name, "disk") {
					if _, err := checkpoint.Read(dir + "/run/last.safetensors"); err != nil {
						t.Errorf("the last state is not good: %v", err)
					}
				}
				t.Logf("%v after %.1f s", firstLine(said), time.Since(began).Seconds())
			})
		}
	})
}

// grey is a PNG of one shade.
func grey(t *testing.T, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// TestNoRankTakesTheJobWithIt kills random ranks at random moments: each job ends, each
// resume completes, and the result is that of an uninterrupted job with the same number of
// ranks.
func TestNoRankTakesTheJobWithIt(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	eachMPI(t, func(t *testing.T, m mpiLibrary) {
		spec := writeSpec(t, strings.Replace(killed, "epochs: 40", "epochs: 8", 1))
		dir := t.TempDir()
		rng := rand.New(rand.NewPCG(2, uint64(time.Now().UnixNano())))
		whole := map[int]map[string]any{}
		took := map[int]time.Duration{}
		total, trainings := 0, 0
		var slowest time.Duration
		for total < *rankKills {
			ranks := 2 + rng.IntN(2)
			if whole[ranks] == nil {
				run := fmt.Sprintf("%s/whole-%d", dir, ranks)
				began := time.Now()
				m.run(t, ranks, "fit", spec, "--out", run, "--checkpoint-every", "1ns")
				took[ranks], whole[ranks] = time.Since(began), endOf(t, run)
			}
			run := filepath.Join(dir, "run")
			if err := os.RemoveAll(run); err != nil {
				t.Fatal(err)
			}
			trainings++
			for {
				args := []string{"fit", "--resume", run}
				if info, err := os.Stat(filepath.Join(run, "run.json")); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
					if err := os.RemoveAll(run); err != nil {
						t.Fatal(err)
					}
					args = []string{"fit", spec, "--out", run}
				}
				j := m.start(t, ranks, ":", append(args, "--checkpoint-every", "1ns")...)
				if total >= *rankKills {
					if err := j.end(t, 2*time.Minute); err != nil {
						t.Fatalf("%v\n%s", err, j.said.String())
					}
					break
				}
				killing := make(chan time.Time, 1)
				victim := rng.IntN(ranks)
				timer := time.AfterFunc(time.Duration(rng.Int64N(int64(took[ranks]))), func() {
					text, err := os.ReadFile(fmt.Sprintf("%s/pid.%d", j.dir, victim))
					pid, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
					if err == nil && err2 == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
						killing <- time.Now()
					}
				})
				err := j.end(t, 2*time.Minute)
				timer.Stop()
				if err == nil {
					break
				}
				select {
				case at := <-killing:
					slowest = max(slowest, time.Since(at))
					total++
				default:
					t.Fatalf("nobody was killed: %v\n%s", err, j.said.String())
				}
				if strings.TrimSpace(j.said.String()) == "" {
					t.Error("the job ends without a word")
				}
			}
			got := endOf(t, run)
			for file := range whole[ranks] {
				if !reflect.DeepEqual(got[file], whole[ranks][file]) {
					t.Fatalf("training %d with %d ranks, after %d kills: another %s than without them", trainings, ranks, total, file)
				}
			}
		}
		t.Logf("%d kills in %d trainings; the job ended at the latest %v after", total, trainings, slowest.Round(time.Millisecond))
	})
}
