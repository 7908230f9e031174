package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"cnntrain/internal/runs"
	"cnntrain/internal/slurm"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"
)

// The files in a sweep's folder, beside the run folders of its members.
const (
	StateFile = runs.SweepFile
	FileCopy  = "sweep.yaml"
	SpecFile  = "spec.yaml" // fully resolved, so that later edits of the file change nothing
)

// A Sweep is a folder with the members to train and those already trained. Its progress is read
// only from the run folders of its members, so it can be stopped at any moment.
type Sweep struct {
	Dir string
	Plan
	folder *runs.Run // locked by the process that trains; nil in one that only reads
}

// Plan is the content of sweep.json.
type Plan struct {
	Name     string          `json:"name"`
	File     string          `json:"file"` // the spec's path on the command line
	Metric   string          `json:"metric"`
	Max      bool            `json:"max"` // larger is better
	Parallel int             `json:"parallel"`
	DataDir  string          `json:"data_dir,omitempty"`
	Slurm    slurm.Resources `json:"slurm,omitzero"`
	Folds    int             `json:"folds,omitempty"` // of each setting
	Params   []string        `json:"params"`
	Members  [][]string      `json:"members"` // the values of the params, in the form of --set
	Stages   []Stage         `json:"stages"`
}

// NewPlan returns the plan of c: its members, each with at most a number of epochs.
func NewPlan(c *Config, members []Member, epochs int) Plan {
	p := Plan{Name: c.Name, Metric: c.Monitor.Name, Max: c.Monitor.Up(), Folds: c.Folds(), Parallel: c.Parallel, Slurm: c.Slurm, Stages: c.Search.Stages(len(members), epochs)}
	for _, param := range c.Params {
		p.Params = append(p.Params, param.Path)
	}
	for _, m := range members {
		var values []string
		for _, v := range m {
			values = append(values, spec.Text(v))
		}
		p.Members = append(p.Members, values)
	}
	return p
}

// Varying returns the params in which members differ.
func (p Plan) Varying() (params []int) {
	for i := range p.Params {
		if slices.ContainsFunc(p.Members, func(m []string) bool { return m[i] != p.Members[0][i] }) {
			params = append(params, i)
		}
	}
	return params
}

// Create creates the folder root/NAME/N with the plan, the spec and the sweep file in it.
func Create(root string, p Plan, resolved, file []byte) (*Sweep, error) {
	r, err := runs.Create(root, p.Name)
	if err != nil {
		return nil, err
	}
	write := func(name string, text []byte) error {
		return r.Write(name, func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	state, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	// The plan is written last: a folder with a plan is complete.
	err = errors.Join(write(SpecFile, resolved), write(FileCopy, file))
	if err == nil {
		err = write(StateFile, append(state, '\n'))
	}
	if err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	r.Keep()
	return &Sweep{r.Dir, p, r}, nil
}

// Open reads the folder of a sweep.
func Open(dir string) (*Sweep, error) {
	file := filepath.Join(dir, StateFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, noSweep(dir)
	} else if err != nil {
		return nil, err
	}
	p, err := decodePlan(text)
	if err != nil {
		return nil, fmt.Errorf("%s: damaged: %w", file, err)
	}
	return &Sweep{Dir: dir, Plan: p}, nil
}

// noSweep says what dir is, which is not the folder of a sweep.
func noSweep(dir string) error {
	above := filepath.Dir(filepath.Clean(dir))
	switch info, err := os.Stat(dir); {
	case err != nil:
		return fmt.Errorf("%s: no such sweep", dir)
	case !info.IsDir():
		return fmt.Errorf("%s: is a file, and a sweep that was begun is a folder; to begin one: cnntrain sweep %s", dir, words.Shell(dir))
	case Within(dir) != "":
		return fmt.Errorf("%s: is a folder of sweeps; choose one: %s", dir, Within(dir))
	case Is(above):
		return fmt.Errorf("%s: is a member of a sweep, which is %s", dir, above)
	case runs.Is(dir):
		return fmt.Errorf("%s: is a run, not a sweep; to resume it: cnntrain fit --resume %s", dir, words.Shell(dir))
	}
	return fmt.Errorf("%s: not the folder of a sweep, which has a %s", dir, StateFile)
}

// Is reports whether dir is the folder of a sweep.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, StateFile))
	return err == nil
}

// Within lists the sweeps in a folder, or in the folders in it, of many only some; empty if there
// are none.
func Within(dir string) string {
	const most = 5
	return words.Few(runs.Folders(dir, StateFile), most)
}

// CheckRemove returns the error that Remove would return.
func CheckRemove(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	for _, member := range s.Runs() {
		if err := runs.CheckRemove(member); err != nil {
			return err
		}
	}
	folder := &runs.Run{Dir: dir}
	if err := folder.Lock(); err != nil {
		return err
	}
	return folder.Unlock()
}

// Remove deletes a sweep with its members. It is an error if one is being trained.
func Remove(dir string) error {
	if err := CheckRemove(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// Runs returns the run folders of the members that were begun.
func (s *Sweep) Runs() []string { return runs.Folders(s.Dir, runs.InfoFile) }

// Resume opens the folder of a sweep to continue it, and locks it for this process.
func Resume(dir string) (*Sweep, error) {
	s, err := Open(dir)
	if err != nil {
		return nil, err
	}
	s.folder = &runs.Run{Dir: dir}
	return s, s.folder.Lock()
}

func decodePlan(text []byte) (p Plan, err error) {
	if err := json.Unmarshal(text, &p); err != nil {
		return p, err
	}
	for _, m := range p.Members {
		if len(m) != len(p.Params) {
			return p, fmt.Errorf("a member has %d values for %d params", len(m), len(p.Params))
		}
	}
	for _, s := range p.Stages {
		if s.Members < 1 || s.Members > len(p.Members) || s.Epochs < 1 {
			return p, fmt.Errorf("no stage has %d members and %d epochs", s.Members, s.Epochs)
		}
	}
	if p.Folds > 0 && len(p.Params) < 2 {
		return p, errors.New("folds without the params of folds")
	}
	if len(p.Stages) == 0 || p.Parallel < 1 {
		return p, errors.New("it says nothing to train")
	}
	return p, nil
}

// A Job is the training of one member in one stage.
type Job struct {
	Member int // from 0
	Epochs int
	Dir    string   // the run folder
	Sets   []string // KEY=VALUE, for --set
	Resume bool     // a run exists that can be resumed
	Before string   // the run of the member in the stage before; empty in the first one
}

func (s *Sweep) job(member, stage int) Job {
	j := Job{Member: member, Epochs: s.Stages[stage].Epochs, Dir: s.runDir(member, stage)}
	if stage > 0 {
		j.Before = s.runDir(member, stage-1)
	}
	for i, path := range s.Params {
		j.Sets = append(j.Sets, path+"="+s.Members[member][i])
	}
	return j
}

// runDir returns the run folder of a member in a stage.
func (s *Sweep) runDir(member, stage int) string {
	name := fmt.Sprintf("member-%d", member+1)
	if len(s.Stages) > 1 {
		name += fmt.Sprintf("-epochs-%d", s.Stages[stage].Epochs)
	}
	return filepath.Join(s.Dir, name)
}
