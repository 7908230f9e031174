package experiment

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/comm/mpi"
	"cnntrain/internal/data"
	"cnntrain/internal/kernels"
)

// OpenWorld returns the ranks if mpirun or srun has started this process as one, else
// [comm.Self]. With threads, the user has chosen the number of threads; otherwise the
// processors of the machine are divided among its ranks.
func OpenWorld(threads bool) (comm.World, error) {
	n := kernels.Threads() // before MPI starts a thread
	w, err := mpi.Open()
	if err != nil || w.Size() == 1 {
		return w, err
	}
	if !threads {
		n = fairShare(w, n)
	}
	kernels.SetThreads(n)
	return w, nil
}

// fairShare returns how many of n threads this rank should use: launchers often let all
// ranks of a machine run on all of its processors.
func fairShare(w comm.World, n int) int {
	host, _ := os.Hostname() // empty if unknown
	me := hashOf(host + "\n" + processors())
	same := 0
	for _, v := range comm.Gather(w, me) {
		if v == me {
			same++
		}
	}
	return max(1, n/same)
}

func hashOf(text string) uint32 {
	h := fnv.New32a()
	_, _ = io.WriteString(h, text) // which cannot fail
	return h.Sum32()
}

// processors lists the processors that this process may run on, if the system reports them.
func processors() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(status), "Cpus_allowed_list:")
	list, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(list)
}

// CheckRanks rejects what the ranks of w cannot train: a batch with fewer examples than
// ranks, and a model too large for the ranks of this machine.
func (e *Experiment) CheckRanks(w comm.World) error {
	if size := w.Size(); e.Train.BatchSize < size {
		return OptionError{fmt.Errorf("batch_size %d is less than the %d ranks; raise it or start fewer", e.Train.BatchSize, size)}
	}
	return e.checkLeast(w)
}

// ranksHere returns the number of ranks on this machine.
func ranksHere(w comm.World) int {
	_, here := w.Local()
	return max(1, here)
}

// several reports whether w has other ranks than this one.
func several(w comm.World) bool { return w.Size() > 1 }

// facts is what must be equal on all ranks.
type facts struct {
	Program string // digest of the file
	Version string
	Arch    string
	Spec    string
	Data    string // digest
	Splits  [2]int
}

// sameFacts returns an error, on every rank, if one has another program, spec or data.
func sameFacts(w comm.World, e *Experiment, sets *data.Sets) error {
	if w.Size() == 1 {
		return nil
	}
	mine := facts{Version: Version(), Arch: runtime.GOARCH, Data: sets.Digest, Splits: [2]int{sets.Train.Len()}}
	if sets.Val != nil {
		mine.Splits[1] = sets.Val.Len()
	}
	resolved, err := e.Spec.Resolved()
	if err == nil {
		mine.Spec = string(resolved)
		var program string
		if program, err = os.Executable(); err == nil {
			mine.Program, err = fileDigest(program)
		}
	}
	if err := comm.Agree(w, err); err != nil {
		return err
	}
	first := mine
	if err := comm.ShareJSON(w, &first); err != nil {
		return err
	}
	return comm.Agree(w, mine.differ(first))
}

// differ names the difference between f and rank 0's facts.
func (f facts) differ(first facts) error {
	switch {
	case f.Arch != first.Arch:
		return fmt.Errorf("runs on %s, and rank 0 on %s; all ranks need the same kind of processor", f.Arch, first.Arch)
	case f.Version != first.Version || f.Program != first.Program:
		return fmt.Errorf("has another program than rank 0: %s (digest %.12s), not %s (%.12s); copy the same file to all machines", f.Version, f.Program, first.Version, first.Program)
	case f.Spec != first.Spec:
		return fmt.Errorf("has another spec than rank 0: %s; copy the same file to all machines", firstDifference(f.Spec, first.Spec))
	case f.Data != first.Data || f.Splits != first.Splits:
		return fmt.Errorf("has other data than rank 0: digest %.12s, not %.12s; copy the same files to all machines", f.Data, first.Data)
	}
	return nil
}

// firstDifference shows the first line in which two specs differ.
func firstDifference(a, b string) string {
	theirs := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(theirs) || line != theirs[i] {
			other := ""
			if i < len(theirs) {
				other = theirs[i]
			}
			return fmt.Sprintf("%q, not %q", strings.TrimSpace(line), strings.TrimSpace(other))
		}
	}
	return "it is shorter"
}

// loadOnRanks loads the data on every rank: first on rank 0, then on one rank of each
// machine, so that data is downloaded only once per folder. It must be the same on all
// ranks.
func (f *fit) loadOnRanks(ctx context.Context) (sets *data.Sets, err error) {
	w := f.options.World
	local, _ := w.Local()
	turns := []bool{w.Rank() == 0, w.Rank() > 0 && local == 0, w.Rank() > 0 && local > 0}
	for _, mine := range turns {
		if mine {
			sets, err = f.LoadData(ctx, f.options.Source)
		}
		if err := comm.Agree(w, err); err != nil {
			return nil, err
		}
	}
	return sets, sameFacts(w, f.Experiment, sets)
}

// spreadWeights copies the weights of rank 0's model to all ranks.
func spreadWeights(w comm.World, m *builder.Model) {
	for _, t := range m.Weights() {
		comm.ShareValues(w, t.Data)
	}
}

// onFirst runs do on rank 0; its error is returned on all ranks.
func onFirst(w comm.World, do func() error) error {
	var err error
	if w.Rank() == 0 {
		err = do()
	}
	return comm.Agree(w, err)
}

// resumed is what rank 0 tells the others about the run to resume.
type resumed struct {
	Spec     []byte
	DataDir  string
	Finished bool
}

// ranksOf returns the number of ranks as in run.json.
func ranksOf(w comm.World) int {
	if w.Size() == 1 {
		return 0
	}
	return w.Size()
}

// share returns the largest part of n things that one rank has.
func share(w comm.World, n int) int { return (n + w.Size() - 1) / w.Size() }

// withRanks returns " with N ranks", for messages; empty if this process trains alone.
func withRanks(w comm.World) string {
	if w.Size() == 1 {
		return ""
	}
	return fmt.Sprintf(" with %d ranks", w.Size())
}

// known reports whether all ranks of w have err, so that they can continue together.
func known(w comm.World, err error) bool { return w.Size() == 1 || comm.Known(err) }
